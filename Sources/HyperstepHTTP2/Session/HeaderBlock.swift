internal import CNGHTTP2

/// Header fields in the form that libnghttp2 reads them, valid while the closure runs; libnghttp2 copies what
/// it keeps.
enum HeaderBlock {
    /// Fields whose values must not stay in the compression table, where another exchange could probe them.
    private static let secret: Set<String> = ["authorization", "cookie", "set-cookie"]

    static func with<Result>(
        _ headers: HTTP2Headers, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
    ) -> Result {
        var text: [UInt8] = []
        text.reserveCapacity(headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count })
        for header in headers {
            text.append(contentsOf: header.name.utf8)
            text.append(contentsOf: header.value.utf8)
        }
        return text.withUnsafeMutableBufferPointer { bytes in
            var offset = 0
            func take(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
                defer { offset += count }
                return bytes.baseAddress.map { $0 + offset }
            }
            let fields = headers.map { header in
                let flags = secret.contains(header.name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
                let (nameCount, valueCount) = (header.name.utf8.count, header.value.utf8.count)
                return nghttp2_nv(
                    name: take(nameCount), value: take(valueCount), namelen: nameCount, valuelen: valueCount,
                    flags: UInt8(truncatingIfNeeded: flags.rawValue))
            }
            return fields.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
        }
    }
}

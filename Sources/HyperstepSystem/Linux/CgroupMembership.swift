/// `/proc/self/cgroup`: which cgroups this process is in.
struct CgroupMembership: Equatable {
    /// Its group of version 2, as the process sees the tree; nil without one.
    var group: String?
    /// Whether it is in a group of version 1 that may limit CPU or memory.
    var hasOldLimits = false

    init(_ text: KernelText) {
        var text = text
        while var line = text.line() {
            let hierarchy = line.part(upTo: UInt8(ascii: ":"))
            var controllers = line.part(upTo: UInt8(ascii: ":"))
            let path = line.string
            if hierarchy == "0", controllers.bytes.isEmpty, path.hasPrefix("/") {
                group = path
            } else if path != "/", path.hasPrefix("/") {
                while !controllers.bytes.isEmpty {
                    let name = controllers.part(upTo: UInt8(ascii: ","))
                    if name == "cpu" || name == "memory" { hasOldLimits = true }
                }
            }
        }
    }
}

/// A line of `/proc/self/mountinfo` by which cgroups of version 2 can be seen.
struct CgroupMount: Equatable {
    /// The group that is mounted: `/`, or in a container often its own.
    var root: String
    /// Where, as an absolute path without a slash at its end.
    var point: String

    /// All such mounts.
    static func all(_ text: KernelText) -> [CgroupMount] {
        var text = text
        var mounts: [CgroupMount] = []
        while var line = text.line() {
            // id, parent, device, root, point, options, optional fields, "-", type
            guard line.skipFields(3) != nil, let root = line.field(), let point = line.field() else {
                continue
            }
            while let field = line.field(), !(field == "-") {}
            guard let type = line.field(), type == "cgroup2" else { continue }
            mounts.append(CgroupMount(root: unescaped(root), point: unescaped(point)))
        }
        return mounts.filter { $0.root.hasPrefix("/") && $0.point.hasPrefix("/") && $0.point != "/" }
    }

    /// Spaces and their like are written as three octal digits behind a backslash.
    private static func unescaped(_ text: KernelText) -> String {
        var bytes: [UInt8] = []
        var rest = text.bytes
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            let isEscape =
                byte == UInt8(ascii: "\\") && digits.count == 3
                && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
            if isEscape {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - UInt8(ascii: "0")) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the group lies under what is mounted.
    func shows(_ group: String) -> Bool {
        root == "/" || group == root || group.hasPrefix(root + "/")
    }

    /// Where the group's files are. Of one that lies outside of what is mounted, or outside of the process' own
    /// tree (`/../…`), the outermost that can be seen is all there is.
    func path(of group: String) -> String {
        guard shows(group), !group.split(separator: "/").contains("..") else { return point }
        let inside = root == "/" ? group : String(group.dropFirst(root.count))
        return inside == "/" ? point : point + inside
    }
}

import Testing

@testable import HyperstepRecorder

/// The file of a recorder as it is at any moment, adopted in a directory of its own.
struct Image {
    let source: Recorder
    let directory: RecorderDirectory

    init(of source: Recorder, beside directory: RecorderDirectory) throws {
        self.source = source
        self.directory = try RecorderDirectory(path: directory.path + "/image")
    }

    /// Written, as the recorder's file is now, over what an adopter before made of it.
    func adopted() -> Recorder? {
        do {
            try RecorderFiles.replace(
                RecorderFiles.path(directory.path, source.id), try bytes(of: source.path))
            let orphan = try #require(try directory.adopt(source.id).recorder)
            #expect(orphan.reports.isEmpty)
            return orphan
        } catch {
            Issue.record(error)
            return nil
        }
    }
}

extension RecorderFiles {
    /// A new file in the place of one that somebody may hold.
    fileprivate static func replace(_ path: String, _ image: [UInt8]) throws {
        try write(image, to: path + "-new")
        try Libc.rename(path + "-new", to: path)
    }
}

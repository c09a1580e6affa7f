@testable import HyperstepRecorder

/// What tests share between threads: the recorder's own lock, which the thread sanitizer sees.
typealias Guarded = Locked

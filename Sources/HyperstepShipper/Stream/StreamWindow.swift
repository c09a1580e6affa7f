/// What a shipper knows of one stream: how far it is committed, what is in flight and what comes next.
///
/// The rules of exactly-once from the producer's side, with no I/O in them. Batches of a stream are sent in
/// order, several at a time. Whatever goes wrong, the answer is the same: go back to where the collector is
/// known to be and send from there; the collector's ledger makes that harmless.
struct StreamWindow {
    /// A batch that was sent, as its answer will name it.
    struct Ticket: Equatable {
        let first: UInt64
        let last: UInt64
        /// Counts the times that the window went back: answers from before are not about what is in flight now.
        fileprivate let generation: UInt64
    }

    /// What an answer asks the shipper to do.
    enum Action: Equatable {
        /// Nothing but to go on; all below `upTo` is committed and can be let go.
        case release(upTo: UInt64)
        /// Send again from `next`.
        case rewound
        /// The answer was about something that was already sent again.
        case ignore
        /// The collector is ahead of everything this stream ever held: it is another stream of the same name.
        /// Going on would lose records as duplicates.
        case halt(collector: UInt64, held: UInt64)
    }

    /// All below this is committed.
    private(set) var committed: UInt64
    /// The position that is sent next.
    private(set) var next: UInt64
    private var inFlight: [Ticket] = []
    private var generation: UInt64 = 0

    /// A window on a stream whose records from `position` on are still to be committed.
    init(from position: UInt64) {
        committed = position
        next = position
    }

    /// How many batches wait for their answer.
    var batchesInFlight: Int { inFlight.count }

    /// A batch is sent. It may begin before `next` (a spooled batch is sent whole), never after it.
    mutating func send(first: UInt64, last: UInt64) -> Ticket {
        precondition(first <= next && last > next, "a batch out of order")
        let ticket = Ticket(first: first, last: last, generation: generation)
        inFlight.append(ticket)
        next = last
        return ticket
    }

    /// The collector answered 200: the stream is committed up to `position`. `end` is the end of what the
    /// stream holds.
    mutating func acknowledged(_ ticket: Ticket, upTo position: UInt64, end: UInt64) -> Action {
        guard position <= end else { return .halt(collector: position, held: end) }
        guard position >= ticket.last else { return gap(ticket, next: position, end: end) }
        committed = max(committed, position)
        next = max(next, committed)
        inFlight.removeAll { $0.last <= committed }
        return .release(upTo: committed)
    }

    /// The collector answered 409: it expects `position` next.
    mutating func gap(_ ticket: Ticket, next position: UInt64, end: UInt64) -> Action {
        guard position <= end else { return .halt(collector: position, held: end) }
        guard ticket.generation == generation else { return .ignore }
        // Lower than what was committed: the database was replaced or restored. Its word counts.
        committed = position
        goBack()
        return .rewound
    }

    /// There was no answer, or one that says not now.
    mutating func failed(_ ticket: Ticket) -> Action {
        guard ticket.generation == generation else { return .ignore }
        goBack()
        return .rewound
    }

    /// Everything in flight is lost with its connection.
    mutating func goBack() {
        generation += 1
        inFlight.removeAll()
        next = committed
    }
}

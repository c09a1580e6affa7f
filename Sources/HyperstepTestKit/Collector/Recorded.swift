import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All that was committed.
struct Recorded {
    private(set) var runs: [RecordedRun] = []
    private(set) var windows: [RecordedWindow] = []
    private(set) var samples: [RecordedSample] = []
    private(set) var series: [RecordedSeries] = []
    private(set) var experiments: [RecordedExperiment] = []
    private var experimentPlaces: [UUID: Int] = [:]
    private var seriesPlaces: [SeriesKey: Int] = [:]

    /// By bytes, as the database tells texts apart.
    private struct SeriesKey: Hashable {
        let service: [UInt8]
        let series: [UInt8]?
    }

    /// Adds a batch's records at positions from `new` on.
    mutating func add(_ batch: Batch, from new: UInt64) {
        // It may cover any number of positions, and brings nothing.
        if case .skip = batch.records { return }
        let voids = Set(batch.voidOffsets)
        let offsets = (0..<UInt32(clamping: batch.positionCount)).filter { !voids.contains($0) }
        // A row per position that is not void; rows of positions that were there before are passed over.
        let rows = offsets.enumerated().filter { batch.firstPosition + UInt64($0.element) >= new }.map(
            \.offset)
        switch batch.records {
        case .skip: break
        case .trainingSteps(let steps):
            let columns = steps.columns.map { $0.rows(steps.count) }
            change(steps.runID) { run in
                run.attempt = max(run.attempt, Int(steps.attempt))
                run.steps += rows.map { row in RecordedStep(steps, row: row) { columns[$0.rawValue][row] } }
            }
        case .runEvents(let events):
            for row in rows { change(events[row].runID) { $0.apply(events[row]) } }
        case .scalars(let scalars):
            change(scalars.runID) { run in
                run.attempt = max(run.attempt, Int(scalars.attempt))
                for row in rows { run.add(RecordedScalar(scalars, row: row), scalars.metric(of: row)) }
            }
        case .inferenceWindows(let batch):
            windows += rows.map { RecordedWindow(batch.windows[$0], instance: batch.instanceID) }
        case .systemSamples(let batch): samples += RecordedSample.all(batch, rows: rows)
        case .seriesWindows(let batch):
            for (series, window) in RecordedSeries.Window.all(batch, rows: rows) {
                add(window, to: series, of: batch.service)
            }
        case .experimentEvents(let events): for row in rows { add(events[row]) }
        }
    }

    private mutating func add(_ event: ExperimentEvent) {
        let (id, row) = (event.experimentID, RecordedExperiment.Row(event))
        guard let place = experimentPlaces[id] else {
            experimentPlaces[id] = experiments.count
            experiments.append(RecordedExperiment(id: id, row))
            return
        }
        experiments[place].add(row)
    }

    private mutating func add(_ window: RecordedSeries.Window, to described: Series, of service: String) {
        // What came in a batch is what the contract allows.
        let key = SeriesKey(service: Array(service.utf8), series: try? described.encoded())
        let place = seriesPlaces[key] ?? series.count
        if place == series.count {
            series.append(RecordedSeries(service: service, described))
            seriesPlaces[key] = place
        }
        series[place].windows.append(window)
    }

    private mutating func change(_ id: UUID, _ body: (inout RecordedRun) -> Void) {
        let index =
            runs.firstIndex { $0.id == id }
            ?? {
                runs.append(RecordedRun(id: id))
                return runs.count - 1
            }()
        body(&runs[index])
    }
}

extension Scalars {
    fileprivate func metric(of row: Int) -> HyperstepWire.Metric { metrics[Int(metricIndexes[row])] }
}

extension Date {
    /// Of the wire's nanoseconds since 1970.
    init(nanoseconds: Int64) {
        self.init(timeIntervalSince1970: Double(nanoseconds) / 1e9)
    }
}

// What docs/testing.md's blocks take for granted: the code under test.

func trainMyModel(_ run: Run, steps: Int) throws {
    let top5 = run.metric("val/top5")
    for step in 0..<steps { run.step(loss: 1 / Double(step + 1)) }
    top5.record(0.93)
}

// What docs/metrics.md's blocks take for granted: nothing.

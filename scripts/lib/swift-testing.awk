# Counts what a Swift Testing run said, line by line: prints "PASSED FAILED SKIPPED".
# A test that began and did not end (its process crashed, or was killed) has failed, and so has a run
# without a closing line. Lines may begin with what a test printed without a line feed.

function name(line) {
    sub(/^.*Test /, "", line)
    return line
}

/(^|[^A-Za-z])Test case / { next }

/(^|[^A-Za-z])Test run with [0-9]+ tests?/ {
    closed = 1
    if ($0 ~ / failed after /) run_failed = 1
    next
}

/(^|[^A-Za-z])Test run started\./ { opened = 1; next }

/(^|[^A-Za-z])Test .* started\.$/ {
    key = name($0); sub(/ started\.$/, "", key)
    running[key]++
    next
}

/(^|[^A-Za-z])Test .* skipped(:|\.|$)/ {
    skipped++
    next
}

/(^|[^A-Za-z])Test .* (passed|failed) after [0-9.]+ seconds/ {
    failure = ($0 ~ / failed after [0-9.]+ seconds/)
    key = name($0)
    sub(/ (passed|failed) after [0-9.]+ seconds.*$/, "", key)
    sub(/ with [0-9]+ test cases?$/, "", key)
    if (running[key] > 0) running[key]--
    if (failure) failed++; else passed++
}

END {
    for (key in running) failed += running[key]
    if ((opened && !closed || run_failed) && failed == 0) failed = 1
    printf "%d %d %d\n", passed, failed, skipped
}

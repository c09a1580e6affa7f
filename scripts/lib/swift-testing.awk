# Counts what a Swift Testing run said, line by line: prints "PASSED FAILED SKIPPED". Run with LC_ALL=C.
# A test that began and did not end (its process crashed, or was killed) has failed, and so has a run
# without a closing line. Where every run closed and passed, a test without an end has passed: a child of a test that
# was killed as it printed had taken the line. A line may begin with what a test printed without a line feed; Swift Testing's
# own part begins with a symbol that is not ASCII, and a name ends with a quotation mark or a parenthesis.

match($0, /[^ -~] Test /) == 0 { next }

{ line = substr($0, RSTART + 2) }

line ~ /^Test case / { next }

line ~ /^Test run started\./ { opened++; next }

line ~ /^Test run with [0-9]+ tests? / {
    closed++
    if (line ~ / failed after /) run_failed = 1
    next
}

match(line, /["`)] started\.$/) { running[substr(line, 1, RSTART)]++; next }

match(line, /["`)] (with [0-9]+ test cases? )?(passed|failed) after [0-9.]+ seconds/) {
    key = substr(line, 1, RSTART)
    if (running[key] > 0) running[key]--
    if (substr(line, RSTART, RLENGTH) ~ / failed after /) failed++; else passed++
    next
}

line ~ /["`)] skipped(: |\.$)/ { skipped++ }

END {
    for (key in running) {
        if (closed < opened || run_failed) failed += running[key]; else passed += running[key]
    }
    if ((closed < opened || run_failed) && failed == 0) failed = 1
    printf "%d %d %d\n", passed, failed, skipped
}

# shellcheck shell=bash
# Finds the Swift toolchain. Needs common.sh.

SWIFT_NEEDED=6.2

# Puts swift on the PATH, or says what to install. Looks where swiftly, the toolchains' archives and
# Xcode leave it.
find_swift() {
    local folder
    if ! have swift; then
        for folder in "$HOME/.local/share/swiftly/bin" "$HOME/.swiftly/bin" /usr/local/swift/usr/bin \
            /usr/share/swift/usr/bin; do
            if [ -x "$folder/swift" ]; then export PATH="$folder:$PATH"; break; fi
        done
    fi
    have swift || fail "Swift is missing; install Swift $SWIFT_NEEDED or newer from https://www.swift.org/install"
    local version major minor
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    major=${version%%.*}
    minor=${version#*.}
    if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
        fail "Swift ${version:-of unknown version} is too old (found: $(command -v swift)); install $SWIFT_NEEDED or newer from https://www.swift.org/install"
    fi
}

# What building any of the packages needs of the system.
BUILD_NEEDS="pkg-config libpq libnghttp2 libprotobuf-c"

# Where the scripts build the examples: one folder for all, since most of each is the same SDK and SwiftNIO.
EXAMPLES_BUILD="$HYPERSTEP_ROOT/sdk-examples/.build"

/// Numbers as people read them, at most seven characters wide.
enum Quantity {
    /// `950`, `12.3 K`, `4.56 M`.
    static func count(_ value: Double) -> String {
        scaled(value, by: 1_000, ["", " K", " M", " G", " T", " P"])
    }

    /// `812 B`, `64 kB`, `1.25 GB`, in units of 1024.
    static func bytes(_ value: Int64) -> String {
        scaled(Double(value), by: 1_024, [" B", " kB", " MB", " GB", " TB", " PB"])
    }

    /// `14.9`: how many times smaller.
    static func ratio(_ value: Double) -> String { decimals(value, value < 100 ? 1 : 0) }

    /// `45 s`, `12 min`, `3.5 h`, `20 days`.
    static func seconds(_ value: Double) -> String {
        switch abs(value) {
        case ..<0.9995: decimals(value * 1_000, 0) + " ms"
        case ..<99.5: decimals(value, abs(value) < 9.95 ? 1 : 0) + " s"
        case ..<5_970: decimals(value / 60, 0) + " min"
        case ..<172_800: decimals(value / 3_600, 1) + " h"
        default: decimals(value / 86_400, 0) + " days"
        }
    }

    private static func scaled(_ value: Double, by step: Double, _ units: [String]) -> String {
        var (value, unit) = (value, 0)
        while abs(value) >= 999.5, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        let places = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
        return decimals(value, places) + units[unit]
    }

    private static func decimals(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let scale: Double = places == 2 ? 100 : places == 1 ? 10 : 1
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(scaled)" }
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int64(scale))
        let digits = String(rest)
        return "\(sign)\(whole).\(String(repeating: "0", count: places - digits.count))\(digits)"
    }
}

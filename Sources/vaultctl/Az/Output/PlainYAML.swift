import Vault

extension Unicode.Scalar {
    var isPrintableInYAML: Bool {
        switch value {
        case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...0x10fffe: true
        default: false
        }
    }
}

extension String {
    /// Whether it is a text in YAML as it stands (PyYAML's `analyze_scalar` and its implicit types). It is printable.
    var isPlainYAML: Bool {
        let scalars = Array(unicodeScalars)
        guard let first = scalars.first, let last = scalars.last, first != " ", last != " " else { return false }
        if hasPrefix("---") || hasPrefix("...") { return false }
        if "#,[]{}&*!|>'\"%@`".unicodeScalars.contains(first) { return false }
        for (index, scalar) in scalars.enumerated() {
            let isLast = index + 1 == scalars.count || scalars[index + 1] == " "
            switch scalar {
            case ":" where isLast: return false
            case "?" where isLast && index == 0, "-" where isLast && index == 0: return false
            case "#" where index > 0 && scalars[index - 1] == " ": return false
            default: break
            }
        }
        return Self.otherTypes.allSatisfy { wholeMatch(of: $0) == nil }
    }

    /// What would be read as something else than text (YAML 1.1, as PyYAML reads it).
    private static var otherTypes: [Regex<Substring>] {
        [
            #/(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)/#,
            #/(?:~|null|Null|NULL|<<|=)/#,
            #/(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)/#,
            #/(?:[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))/#,
            #/(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)/#,
            #/[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+/#,
            #/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]/#,
            #/[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9][0-9]:[0-9][0-9](?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?/#,
        ]
    }

    /// As ``forOutput``, line by line.
    var forOutputLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).forOutput }.joined(separator: "\n")
    }
}

extension SecretBytes {
    /// Whether it is made of what tokens are made of and begins with a letter, which YAML takes for text as it stands.
    var isPlainYAML: Bool {
        withBytes { bytes in
            guard bytes.byteCount > 5 else { return false }
            return (0..<bytes.byteCount).allSatisfy { index in
                switch bytes.byte(at: index) {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    index > 0
                default: false
                }
            }
        }
    }
}

import Vault

extension ProfileName {
    private static let longest = 128

    /// The name that comes nearest to `text`: what no name has becomes a hyphen. Nil where nothing is left.
    init?(fitting text: String) {
        if let name = try? ProfileName(text) {
            self = name
            return
        }
        var fitted = ""
        for character in text {
            if Self.allowed.contains(character) {
                fitted.append(character)
            } else if fitted.last != "-" {
                fitted.append("-")
            }
        }
        // Neither empty parts between slashes, nor those of dots alone, nor hyphens that stand for nothing at an end.
        let parts = fitted.split(separator: "/").compactMap { part -> Substring? in
            var part = part
            while part.hasSuffix("-") { part.removeLast() }
            while let first = part.first, !first.isLetter, !first.isNumber { part.removeFirst() }
            return part.isEmpty ? nil : part
        }
        guard let name = try? ProfileName(String(parts.joined(separator: "/").prefix(Self.longest))) else { return nil }
        self = name
    }

    /// The last resort, for what has no letter or digit in it.
    init(number: Int) {
        // A letter and digits are a name.
        self = try! ProfileName("imported-\(number)")  // swift-format-ignore: NeverUseForceTry
    }

    /// The first name like this one that nobody has: with the beginning of the client id, then with all of it, then with a
    /// number.
    func distinct(clientID: String, isTaken: (ProfileName) -> Bool) -> ProfileName {
        guard isTaken(self) else { return self }
        let suffixes = [String(clientID.prefix(8)), clientID]
        if let name = suffixes.compactMap(appending).first(where: { !isTaken($0) }) { return name }
        var number = 2
        while true {
            if let name = appending(String(number)), !isTaken(name) { return name }
            number += 1
        }
    }

    private func appending(_ suffix: String) -> ProfileName? {
        let room = Self.longest - suffix.utf8.count - 1
        return room < 1 ? nil : ProfileName(fitting: description.prefix(room) + "-" + suffix)
    }

    private static let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@/")
}

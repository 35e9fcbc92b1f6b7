/// The tables that hold sealed rows or that the set hash covers; numbers as FORMAT.md has them.
enum VaultTable: UInt8, Sendable, CaseIterable {
    case profile = 1
    case token = 2
    case audit = 3
    case state = 4
    case rotation = 5
    case setting = 6
    case keyslot = 7
    case checkpoint = 8
    case keyring = 9
}

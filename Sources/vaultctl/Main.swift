import Glibc

/// Where the process begins and ends.
@main
enum Main {
    static func main() {
        ProcessGuard.prepare()
        let outputIsOpen = ProcessGuard.occupyStandardDescriptors()
        let arguments = Array(CommandLine.arguments.dropFirst())
        MainThread.run { exit(await Vaultctl.run(arguments, outputIsOpen: outputIsOpen)) }
    }
}

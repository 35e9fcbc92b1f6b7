import Glibc

/// Where the process begins and ends.
@main
enum Main {
    static func main() {
        ProcessGuard.prepare()
        let outputIsOpen = ProcessGuard.occupyStandardDescriptors()
        let arguments = Array(CommandLine.arguments.dropFirst())
        MainThread.run {
            let status = await Vaultctl.run(arguments, outputIsOpen: outputIsOpen)
            // All output is written when it is made; what libraries would tear down now goes with the process.
            _exit(status)
        }
    }
}

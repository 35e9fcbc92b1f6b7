import Glibc

/// Where the process begins and ends.
@main
enum Main {
    static func main() {
        ProcessGuard.prepare()
        let outputIsOpen = ProcessGuard.occupyStandardDescriptors()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let words = AzStandIn.words(called: CommandLine.arguments.first, with: arguments)
        MainThread.run {
            let status =
                if let words {
                    await AzStandIn.run(words, outputIsOpen: outputIsOpen)
                } else {
                    await Vaultctl.run(arguments, outputIsOpen: outputIsOpen)
                }
            // All output is written when it is made; what libraries would tear down now goes with the process.
            _exit(status)
        }
    }
}

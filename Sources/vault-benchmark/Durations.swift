/// How long something took, sample by sample.
struct Durations {
    private var samples: [Duration] = []

    mutating func append(_ sample: Duration) { samples.append(sample) }

    var figures: Figures {
        let sorted = samples.sorted()
        guard let least = sorted.first, let most = sorted.last else {
            return Figures(samples: 0, median: 0, minimum: 0, hundredth: 0, maximum: 0)
        }
        return Figures(
            samples: sorted.count, median: sorted[sorted.count / 2].milliseconds, minimum: least.milliseconds,
            hundredth: sorted[sorted.count * 99 / 100].milliseconds, maximum: most.milliseconds)
    }
}

/// What is told of samples; times in milliseconds.
struct Figures: Encodable {
    let samples: Int
    let median: Double
    let minimum: Double
    /// What one in a hundred exceeds.
    let hundredth: Double
    let maximum: Double
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
}

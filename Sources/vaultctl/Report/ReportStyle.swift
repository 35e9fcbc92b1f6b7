/// The look of a report, on paper, in the light and in the dark.
enum ReportStyle {
    static let sheet: StaticString = """

        :root { --paper: #ffffff; --panel: #f5f6f8; --ink: #1c2330; --soft: #5a6475; --line: #d9dde4;
          --plain: #2563a8; --cached: #86b6e3; --refused: #c2410c; --failed: #7c3a8c; --soon: #b7791f;
          --good: #1b7a43; --doubtful: #96650d; --bad: #b42318 }
        @media (prefers-color-scheme: dark) { :root { --paper: #12161d; --panel: #1b212b; --ink: #e7eaf0;
          --soft: #a3adbd; --line: #333c4a; --plain: #5b9be0; --cached: #35587d; --refused: #f0824a; --failed: #c98ad9;
          --soon: #e0b04c; --good: #5fca8d; --doubtful: #e0b04c; --bad: #ff8a7a } }
        * { box-sizing: border-box }
        html { color-scheme: light dark }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
        main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 48px }
        h1 { font-size: 26px; line-height: 1.2; margin: 0 0 8px }
        h2 { font-size: 18px; line-height: 1.3; margin: 0 0 12px }
        header p { margin: 0; color: var(--soft); overflow-wrap: anywhere }
        code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
        section { margin-top: 36px }
        section p { margin: 4px 0 }
        .verdict { margin-top: 20px; padding: 14px 16px; background: var(--panel); border-radius: 6px;
          border-left: 5px solid var(--soft); overflow-wrap: anywhere }
        .verdict h2 { margin: 0 0 4px }
        .verdict.good { border-color: var(--good) } .verdict.good h2 { color: var(--good) }
        .verdict.doubtful { border-color: var(--doubtful) } .verdict.doubtful h2 { color: var(--doubtful) }
        .verdict.bad { border-color: var(--bad) } .verdict.bad h2 { color: var(--bad) }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0 0 }
        .tiles div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: 12px 14px; background: var(--panel);
          border-radius: 6px }
        .tiles dt { color: var(--soft); font-size: 13px }
        .tiles dd { margin: 0; font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums }
        .pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 20px 32px; align-items: start }
        figure { margin: 0; min-width: 0 }
        svg { display: block; overflow: visible }
        svg text { fill: var(--ink); font-size: 13px }
        svg .axis { fill: var(--soft); font-size: 12px }
        svg .value { font-variant-numeric: tabular-nums }
        svg .grid { stroke: var(--line) }
        .time { width: 100%; padding-left: 48px }
        svg .rail { fill: var(--panel) }
        svg .plain { fill: var(--plain) } svg .cached { fill: var(--cached) } svg .refused { fill: var(--refused) }
        svg .failed { fill: var(--failed) } svg .soon { fill: var(--soon) }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; list-style: none;
          font-size: 13px }
        .key { display: inline-block; width: 12px; height: 12px; margin-right: 6px; border-radius: 2px;
          vertical-align: -1px }
        .key.plain { background: var(--plain) } .key.cached { background: var(--cached) }
        .key.refused { background: var(--refused) } .key.failed { background: var(--failed) }
        .table { max-height: 420px; overflow: auto }
        table { width: 100%; border-collapse: collapse; font-size: 13px }
        caption { padding: 0 0 6px; color: var(--soft); text-align: left }
        th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
        .words { overflow-wrap: anywhere } td.words { min-width: 150px } .whole { white-space: nowrap }
        thead th { color: var(--soft); font-weight: 600; white-space: nowrap }
        tbody th { font-weight: 400; min-width: 96px }
        .number { text-align: right; font-variant-numeric: tabular-nums }
        @media (max-width: 760px) { main { padding: 16px 14px 32px } .pair { grid-template-columns: minmax(0, 1fr) }
          .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)) } thead th { white-space: normal } }
        @media print { .table { max-height: none } section { break-inside: avoid } }

        """
}

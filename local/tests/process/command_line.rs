//! The page about the command line shows what `--help` prints.

use super::{Directory, run};
use std::{collections::BTreeSet, fs, path::Path};

/// The commands whose help the page shows, with what it shows.
fn shown() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let commands = blocks.filter_map(|(block, _)| block.strip_prefix("$ quintet ")?.split_once('\n'));
    commands.map(|(command, output)| (command.to_owned(), output.to_owned())).collect()
}

#[test]
fn the_page_shows_the_help_of_every_command() {
    let directory = Directory::new("command-line");
    let help = |arguments: &[&str]| {
        let output = run(&directory.0, arguments, &[]);
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>()
    };
    let overview = help(&["--help"]);
    let (_, commands) = overview.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let mut wanted: BTreeSet<String> =
        names.filter(|name| *name != "help").map(|name| format!("{name} --help")).collect();
    assert!(!wanted.is_empty());
    wanted.insert("--help".to_owned());
    let shown = shown();
    assert_eq!(shown.iter().map(|(command, _)| command.clone()).collect::<BTreeSet<_>>(), wanted);
    for (command, output) in shown {
        let arguments: Vec<&str> = command.split(' ').collect();
        assert_eq!(output, help(&arguments), "docs/command-line.md: $ quintet {command}");
    }
}

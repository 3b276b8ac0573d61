//! Measures the cost of the functions and the one-process server. It prints tables and writes JSON. `benches/run`
//! builds the programs and then runs this one.

mod aws;
mod connection;
mod costs;
mod events;
mod function;
mod functions;
mod prices;
mod process;
mod report;
mod server;
mod statistics;
mod world;

use anyhow::{Context, Result};
use report::Report;
use std::path::PathBuf;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: benches <Cargo's directory `target`> [functions] [server] [<name of a function>...]";
    let target = PathBuf::from(arguments.next().context(usage)?);
    let wanted: Vec<String> = arguments.collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == part);
    let mut report = Report::default();
    let measured = functions::measure(&target, |function| is_wanted("functions") || is_wanted(function)).await?;
    if !measured.is_empty() {
        functions::tell(&measured, &mut report);
    }
    if is_wanted("functions") {
        costs::tell(&measured, &mut report)?;
    }
    if is_wanted("server") {
        server::measure(&target, &mut report).await?;
    }
    report.write(&target.join("benches.json"))
}

//! Computes what a request costs on AWS from the measurements and the prices.

use crate::{
    functions::Measured,
    prices,
    report::{Report, Table},
};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Calls, steps and units of each route. The tests keep this table correct.
const ROUTES: &str = include_str!("../../tests/snapshots/quintet__calls__calls_per_route.snap");
/// The source of each function's memory size.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// Milliseconds that a step waits for DynamoDB. This is an assumption.
const STEP: f64 = 5.0;
/// Milliseconds that a receiver of webhooks takes. This is an assumption.
const RECEIVER: f64 = 100.0;
/// Bytes that Lambda logs for each call of a function. This is an assumption.
const LOGGED: f64 = 500.0;
/// The memory size that comes with one whole processor, in megabytes.
const WHOLE_PROCESSOR: f64 = 1769.0;

/// A request whose cost is computed.
struct Flow {
    name: &'static str,
    function: &'static str,
    request: &'static str,
    /// Number of SQS requests: each message is sent, received and deleted.
    queue_requests: f64,
    /// Number of those requests whose messages have a group, which SQS uses for fair queueing.
    fair_queue_requests: f64,
    /// Milliseconds of waiting for anything other than DynamoDB.
    waits: f64,
}

const fn flow(name: &'static str, function: &'static str, request: &'static str) -> Flow {
    Flow { name, function, request, queue_requests: 0.0, fair_queue_requests: 0.0, waits: 0.0 }
}

const FLOWS: [Flow; 7] = [
    flow("profile", "auth", "GET /api/v1/auth/profile/"),
    flow("balance", "balances", "GET /api/tokens/"),
    flow("first page of sessions", "chat", "GET /api/v1/chat/sessions/"),
    flow("sign-in", "auth", "POST /api/v1/auth/login/"),
    flow("turn", "chat", "POST /api/chat/"),
    Flow {
        queue_requests: 1.0,
        fair_queue_requests: 1.0,
        waits: STEP,
        ..flow("telling a webhook of it: dispatch", "dispatch", "a change")
    },
    Flow {
        queue_requests: 2.0,
        fair_queue_requests: 2.0,
        waits: RECEIVER,
        ..flow("telling a webhook of it: deliver", "deliver", "a delivery")
    },
];

/// The DynamoDB usage of a request.
struct Units {
    steps: f64,
    read: f64,
    written: f64,
}

/// Prints and records the cost of a million requests of each kind.
pub fn tell(measured: &[Measured], report: &mut Report) -> Result<()> {
    let memory = memory()?;
    let mut table = Table {
        title: format!(
            "A million of each on AWS, in dollars (us-east-1, without free tiers). DynamoDB takes {STEP} ms a step,\n\
             a receiver of webhooks {RECEIVER} ms; each call of a function logs {LOGGED} bytes"
        ),
        columns: vec!["request", "memory", "billed ms", "API", "Lambda", "reads", "writes", "SQS", "log", "together"],
        rows: Vec::new(),
    };
    let mut values = Vec::new();
    for flow in &FLOWS {
        let found = measured.iter().find(|one| one.function == flow.function && one.request == flow.request);
        let Some(found) = found else { continue };
        let megabytes = *memory.get(flow.function).with_context(|| format!("{} has no memory", flow.function))?;
        let units = units(found)?;
        // A function with less memory gets a proportional share of a processor.
        let computing = found.cpu * (WHOLE_PROCESSOR / megabytes).max(1.0);
        let billed = (computing + units.steps * STEP + flow.waits).ceil();
        let api = if flow.request.contains(" /") { prices::API_REQUESTS } else { 0.0 };
        let lambda = prices::FUNCTION_CALLS + billed * 1000.0 * (megabytes / 1024.0) * prices::GIGABYTE_SECOND;
        let (reads, writes) = (units.read * prices::READ_UNITS, units.written * prices::WRITE_UNITS);
        let queue =
            flow.queue_requests * prices::QUEUE_REQUESTS + flow.fair_queue_requests * prices::FAIR_QUEUE_REQUESTS;
        let log = LOGGED / 1000.0 * prices::LOG_GIGABYTE;
        let together = api + lambda + reads + writes + queue + log;
        let mut row = vec![flow.name.to_owned(), megabytes.to_string(), billed.to_string()];
        row.extend([api, lambda, reads, writes, queue, log, together].map(|dollars| format!("{dollars:.2}")));
        table.rows.push(row);
        values.push(json!({
            "flow": flow.name, "function": flow.function, "request": flow.request,
            "memory_megabytes": megabytes, "billed_milliseconds": billed,
            "read_units": units.read, "write_units": units.written,
            "dollars_a_million": {
                "api": api, "lambda": lambda, "reads": reads, "writes": writes, "queue": queue, "log": log,
                "together": together,
            },
        }));
    }
    report.add("costs", &table, Value::Array(values));
    Ok(())
}

/// Reads the table that the tests maintain. For anything that is not a route, uses the counted values.
fn units(measured: &Measured) -> Result<Units> {
    let Some(line) =
        ROUTES.lines().find(|line| line.strip_prefix(measured.request).is_some_and(|rest| rest.starts_with(' ')))
    else {
        let share = measured.share;
        let steps = share.database_calls as f64;
        return Ok(Units { steps, read: share.read_units, written: share.write_units });
    };
    let fields: Vec<&str> = line[measured.request.len()..].split_whitespace().collect();
    let number = |field: usize| -> Result<f64> {
        Ok(fields.get(field).with_context(|| format!("the table has changed: {line}"))?.parse()?)
    };
    Ok(Units { steps: number(2)?, read: number(3)?, written: number(5)? })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    globals: Globals,
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Globals {
    function: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(default)]
    metadata: Value,
    #[serde(default)]
    properties: Value,
}

/// The memory size of each function in megabytes, by the name of its binary.
fn memory() -> Result<BTreeMap<String, f64>> {
    let template: Template = serde_saphyr::from_str(TEMPLATE).context("template.yaml cannot be read")?;
    let usual = &template.globals.function["MemorySize"];
    let functions = template.resources.values().filter_map(|Resource { metadata, properties }| {
        let binary = metadata["BuildProperties"]["Binary"].as_str()?;
        let own = &properties["MemorySize"];
        let megabytes = if own.is_null() { usual } else { own };
        Some((binary.to_owned(), megabytes.as_f64()?))
    });
    Ok(functions.collect())
}

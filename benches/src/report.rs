//! The results: tables for people, and JSON.

use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::{fs, path::Path};

/// All results.
#[derive(Default)]
pub struct Report(Map<String, Value>);

/// A table.
pub struct Table {
    /// A caption of one or two lines.
    pub title: String,
    /// Names of the columns. The first column is text, the others are numbers.
    pub columns: Vec<&'static str>,
    /// One cell per column.
    pub rows: Vec<Vec<String>>,
}

impl Report {
    /// Prints `table`.
    pub fn print(&self, table: &Table) {
        println!("{}", table.text());
    }

    /// Prints `table` and records `value` under `name`.
    pub fn add(&mut self, name: &str, table: &Table, value: Value) {
        self.print(table);
        self.0.insert(name.to_owned(), value);
    }

    /// Writes the recorded values to `file`.
    pub fn write(self, file: &Path) -> Result<()> {
        let text = format!("{:#}\n", Value::Object(self.0));
        fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
    }
}

impl Table {
    fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
                cells.chain([self.columns[column].len()]).max().unwrap_or_default()
            })
            .collect();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
        };
        let rule = widths.iter().enumerate().map(|(column, width)| match column {
            0 => "-".repeat(width + 2),
            _ => format!("{}:", "-".repeat(width + 1)),
        });
        let mut text = format!("{}\n\n{}", self.title, line(self.columns.clone()));
        text.push_str(&format!("|{}|\n", rule.collect::<Vec<_>>().join("|")));
        for row in &self.rows {
            text.push_str(&line(row.iter().map(String::as_str).collect()));
        }
        text
    }
}

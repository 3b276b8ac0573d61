//! Compresses the assets and names their version: a hash over all of them. Scripts import each other by relative paths,
//! so one version in the folder serves all.

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{env, error::Error, fmt::Write as _, fs, io::Write as _, path::Path};

/// The bytes of the hash that name the version.
const VERSION_BYTES: usize = 6;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its directories in the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=assets");
    let out = env::var("OUT_DIR")?;
    let mut files: Vec<_> = fs::read_dir("assets")?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let (mut hash, mut table) = (Sha256::new(), String::new());
    for file in files {
        let name = file.file_name().into_string().map_err(|name| format!("not a name: {}", name.display()))?;
        let mut content = fs::read_to_string(file.path())?;
        if name.ends_with(".js") || name.ends_with(".css") {
            content = stripped(&content);
        }
        hash.update(&name);
        hash.update([0]);
        hash.update(content.as_bytes());
        hash.update([0]);
        let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
        compressed.write_all(content.as_bytes())?;
        fs::write(Path::new(&out).join(format!("{name}.gz")), compressed.finish()?)?;
        fs::write(Path::new(&out).join(&name), &content)?;
        writeln!(
            table,
            "    Asset {{\n        name: {name:?},\n        plain: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")),\n        gzip: \
             include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")),\n    }},"
        )?;
    }
    let version = hex::encode(&hash.finalize()[..VERSION_BYTES]);
    let code =
        format!("/// The version.\npub const VERSION: &str = {version:?};\n\nconst ASSETS: &[Asset] = &[\n{table}];\n");
    fs::write(Path::new(&out).join("assets.rs"), code)?;
    Ok(())
}

/// The code without indentation, and without lines that are comments only.
fn stripped(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut in_comment = false;
    for line in code.lines().map(str::trim) {
        let begins = !in_comment && line.starts_with("/*");
        let is_comment = in_comment || begins || line.starts_with("//");
        in_comment = (in_comment || begins) && !line.contains("*/");
        if !is_comment && !line.is_empty() {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

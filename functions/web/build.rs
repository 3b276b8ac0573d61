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
        let content = fs::read(file.path())?;
        hash.update(&name);
        hash.update([0]);
        hash.update(&content);
        hash.update([0]);
        let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
        compressed.write_all(&content)?;
        fs::write(Path::new(&out).join(format!("{name}.gz")), compressed.finish()?)?;
        writeln!(
            table,
            "    Asset {{ name: {name:?}, plain: include_bytes!({path:?}), gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")) }},",
            path = fs::canonicalize(file.path())?.display().to_string(),
        )?;
    }
    let version = hex::encode(&hash.finalize()[..VERSION_BYTES]);
    let code = format!("/// The version.\npub const VERSION: &str = {version:?};\n\nconst ASSETS: &[Asset] = &[\n{table}];\n");
    fs::write(Path::new(&out).join("assets.rs"), code)?;
    Ok(())
}

//! The key that signs tokens. The first start creates it and stores it in the data directory.

use anyhow::{Context, Result};
use secrecy::SecretString;
use shared::entropy::Entropy;
use std::{fs, io::Write, path::Path};

const FILE: &str = "jwt-secret";

/// Creates a key without storing it.
pub fn new_key(entropy: &dyn Entropy) -> String {
    hex::encode(entropy.bytes::<32>())
}

/// The key stored in `directory`. Creates it if it does not exist.
pub fn kept_key(directory: &Path, entropy: &dyn Entropy) -> Result<SecretString> {
    let path = directory.join(FILE);
    if !path.try_exists()? {
        // Written completely under another name first, so that a crash never leaves half a key.
        let fresh = directory.join(format!("{FILE}.{}", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(new_key(entropy).as_bytes())?;
        file.sync_all()?;
        // If two processes start at once, both use the key that was linked first.
        let linked = fs::hard_link(&fresh, &path);
        fs::remove_file(&fresh)?;
        if let Err(error) = linked
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(error).with_context(|| format!("{} cannot be written", path.display()));
        }
    }
    let key = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    anyhow::ensure!(key.len() >= 32, "{} holds no key of at least 32 bytes", path.display());
    Ok(key.into())
}

//! Numbers of variable length: seven bits per byte, least significant first. The high bit says that more bytes follow.

/// Appends `value`, in at most ten bytes.
pub fn write(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes a number from the front of `bytes`. `None` if the bytes end early or the number exceeds 64 bits.
pub fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for (n, &byte) in bytes.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f);
        if n == 9 && part > 1 {
            return None;
        }
        value |= part << (7 * n);
        if byte & 0x80 == 0 {
            *bytes = bytes.get(n + 1..)?;
            return Some(value);
        }
    }
    None
}

/// [`read`] for numbers that fit into 32 bits.
pub fn read_u32(bytes: &mut &[u8]) -> Option<u32> {
    read(bytes)?.try_into().ok()
}

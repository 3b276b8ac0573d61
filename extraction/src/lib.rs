//! Stub.
/// Stub.
pub fn child() -> Option<std::process::ExitCode> {
    None
}

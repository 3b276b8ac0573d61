//! Contains no code: the tests are in `main.rs`, in the same directory.

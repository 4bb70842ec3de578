//! How long something takes.

/// Seconds since its start. In WebAssembly without a system around it there is no clock: no time passes, and no limit of
/// seconds is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    start: std::time::Instant,
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Clock {
    pub fn start() -> Self {
        Self { start: std::time::Instant::now() }
    }

    pub fn seconds(self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl Clock {
    pub fn start() -> Self {
        Self {}
    }

    pub fn seconds(self) -> f64 {
        0.0
    }
}

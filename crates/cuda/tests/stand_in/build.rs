//! Builds the stand-in for the driver of CUDA, NVRTC and cuBLAS: shared by the tests of this crate and of the command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the stand-in, one for each `name`, if there is a compiler for it. It belongs into `LD_LIBRARY_PATH` and
/// `STAND_IN_FOLDER`; `sources` is where `driver.cpp` is.
pub fn stand_in(sources: &Path, name: &str) -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = FOLDER.get_or_init(|| {
        if !cfg!(target_os = "linux") || Command::new("c++").arg("--version").output().is_err() {
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // Kernels of another edition of it are not to be found.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let library = folder.join("libcuda.so");
        let done = Command::new("c++")
            .args(["-std=c++17", "-O1", "-shared", "-fPIC"])
            .arg(format!("-DSOURCES=\"{}\"", sources.display()))
            .arg(sources.join("driver.cpp"))
            .arg("-o")
            .arg(&library)
            .arg("-ldl")
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        for other in ["libnvrtc.so", "libcublas.so"] {
            std::fs::copy(&library, folder.join(other)).unwrap();
        }
        Some(folder)
    });
    if built.is_none() {
        println!("left out: no C++ compiler (c++) on Linux");
    }
    built.as_deref()
}

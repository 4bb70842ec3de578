//! What is kept of a training that diverged: it is not trained again, and its learning rate is none to choose.

use super::Trial;
use super::measure::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use switchnet::net::Spec;
use switchnet::{Error, Result, write_whole};

/// A file beside the checkpoint, of the same name and the ending `diverged`: which training it was, and the line that said so.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    spec: Spec,
    metadata: BTreeMap<String, String>,
    error: String,
}

impl Trial {
    /// The file that says that this training diverged.
    pub(super) fn mark(&self) -> Option<PathBuf> {
        self.checkpoint.as_ref().map(|path| path.with_extension("diverged"))
    }

    /// That this training diverged, which is kept.
    pub(super) fn diverged(&self, error: Error) -> Result<Outcome> {
        if let Some(path) = self.mark() {
            let (spec, metadata) = (self.spec.clone(), self.full_metadata());
            let mark = Mark { spec, metadata, error: error.to_string() };
            write_whole(&path, &serde_json::to_vec_pretty(&mark).expect("plain data"))?;
        }
        Ok(Outcome::Diverged { learning_rate: self.training.learning_rate, error })
    }

    /// That this training has diverged before, if that was kept.
    ///
    /// # Errors
    /// If what was kept cannot be read or is of another training.
    pub(super) fn has_diverged(&self) -> Result<Option<Outcome>> {
        let Some(path) = self.mark() else { return Ok(None) };
        let bytes = match std::fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(|e| Error::io(&path, e))?,
        };
        let mark: Mark = serde_json::from_slice(&bytes)
            .map_err(|e| Error::new(path.display(), "a training that diverged, as JSON", e))?;
        let value = |spec: &Spec, metadata: &BTreeMap<String, String>| serde_json::json!({ "net": spec, "metadata": metadata });
        let own = value(&self.spec, &self.full_metadata());
        match Error::difference("training", &own, &value(&mark.spec, &mark.metadata)) {
            Some(error) => Err(error.at(path.display())),
            None => {
                let error = Error::Diverged { what: mark.error };
                Ok(Some(Outcome::Diverged { learning_rate: self.training.learning_rate, error }))
            }
        }
    }

    /// Forgets that this training diverged.
    pub(super) fn forget(&self) -> Result<()> {
        match self.mark().map(|path| (std::fs::remove_file(&path), path)) {
            Some((Err(e), path)) if e.kind() != ErrorKind::NotFound => Err(Error::io(&path, e)),
            _ => Ok(()),
        }
    }
}

//! Why an experiment has no results.

use std::ops::ControlFlow;
use switchnet::{Error, Result};

/// Ends work early.
pub(super) enum Halt {
    /// Whoever watches answered `Break`.
    Stopped,
    /// Something is wrong.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Halt {
    /// Goes on if that is the answer.
    pub fn on(answer: ControlFlow<()>) -> Result<(), Self> {
        match answer {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Self::Stopped),
        }
    }

    /// Says where, if something is wrong.
    pub fn at(self, place: impl std::fmt::Display) -> Self {
        match self {
            Self::Stopped => Self::Stopped,
            Self::Failed(error) => Self::Failed(error.at(place)),
        }
    }

    /// What was found; none if it was stopped.
    pub fn or_none<T>(found: Result<T, Self>) -> Result<Option<T>> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Self::Stopped) => Ok(None),
            Err(Self::Failed(error)) => Err(error),
        }
    }
}

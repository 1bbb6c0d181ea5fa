//! What can be wrong with the text of a model. Messages read after the name of the file.

/// Why a text is not a model that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not JSON, or a field is missing or of another type.
    #[error("is not a kmeans model: {0}")]
    Form(String),
    /// JSON, but of something else.
    #[error("is not a kmeans model: its \"format\" is not \"kmeans-model\"")]
    Format,
    /// Written by a later version.
    #[error("has format version {0}, and this kmeans reads version {known}", known = crate::document::FORMAT_VERSION)]
    Version(u64),
    /// Needs something that this version does not have.
    #[error("needs \"{0}\", which this kmeans does not have")]
    Requires(String),
    /// The parts do not fit together.
    #[error("is damaged: {0}")]
    Damaged(String),
}

impl Error {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Version(_) | Self::Requires(_) => "update kmeans, or fit the model again with this version",
            Self::Form(_) | Self::Format | Self::Damaged(_) => {
                "write a model with: kmeans fit … -m model.json"
            }
        }
    }
}

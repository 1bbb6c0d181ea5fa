//! What can be wrong with the text of a model. Messages read after the name of the file.

use serde::de::DeserializeOwned;

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

/// Reads a JSON text; an error says at which place of it a value of another kind stands.
pub(crate) fn located<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let (place, error) = (error.path().to_string(), error.into_inner());
        match (form(&error), error.is_data() && place != ".") {
            (Error::Form(message), true) => Error::Form(format!("{message}, in {}", shortened(&place))),
            (error, _) => error,
        }
    })?;
    json.end().map_err(|error| form(&error))?;
    Ok(value)
}

/// Text of the JSON reader's report; it quotes texts of any length.
pub(crate) fn form(error: &serde_json::Error) -> Error {
    const LONGEST: usize = 160;
    let message = error.to_string();
    let short = match message.char_indices().nth(LONGEST) {
        None => message,
        Some((end, _)) => {
            let line = message.rfind(" at line ").filter(|&at| at > end).unwrap_or(message.len());
            format!("{}…{}", &message[..end], &message[line..])
        }
    };
    Error::Form(short)
}

/// At most 40 characters: a name may have a hundred thousand.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
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

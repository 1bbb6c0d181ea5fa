//! A model in memory, shared by jobs.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use kmeans_io::{Kind, Output, read_model_file, read_model_text};
use kmeans_model::Model;
use napi::bindgen_prelude::{AsyncTask, Either};
use napi_derive::napi;

use crate::failure::{ErrorCode, Failure};
use crate::job::{Job, Running};

/// A fitted model.
#[napi]
pub struct NativeModel {
    pub(crate) model: Arc<Model>,
}

impl NativeModel {
    pub fn new(model: Model) -> Self {
        Self { model: Arc::new(model) }
    }
}

#[napi]
impl NativeModel {
    /// The text of model.json.
    #[napi(ts_return_type = "Failure | string")]
    pub fn to_json(&self) -> Either<Failure, String> {
        match text(&self.model) {
            Ok(text) => Either::B(String::from_utf8_lossy(&text).into_owned()),
            Err(failure) => Either::A(failure),
        }
    }

    /// Writes model.json, whole or not at all. "-" is standard output.
    #[napi(ts_return_type = "Promise<Failure | null>")]
    pub fn save(&self, path: String) -> AsyncTask<Running<()>> {
        let model = Arc::clone(&self.model);
        Job::new(move |control| {
            let output = Output::open(Path::new(&path), &[], &control.stop())?;
            write(&model, output)
        })
        .run()
    }
}

pub fn text(model: &Model) -> Result<Vec<u8>, Failure> {
    model.to_json().map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))
}

pub fn write(model: &Model, mut output: Output) -> Result<(), Failure> {
    output.put(&text(model)?)?;
    Ok(output.finish()?)
}

/// Reads and checks a model file; "-" is standard input.
#[napi(ts_return_type = "Promise<Failure | NativeModel>")]
pub fn load_model(path: String) -> AsyncTask<Running<NativeModel>> {
    Job::new(move |_| read(&path).map(NativeModel::new)).run()
}

/// Checks the text of a model file.
#[napi]
pub fn parse_model(text: String) -> Either<Failure, NativeModel> {
    match Model::from_json(text.as_bytes()) {
        Ok(model) => Either::B(NativeModel::new(model)),
        Err(error) => Either::A(Failure::model("the text", &error)),
    }
}

pub fn read(path: &str) -> Result<Model, Failure> {
    let name = if path == "-" { "standard input" } else { path };
    checked(name, read_model_file(path))
}

/// Reads and checks the text of a model.
pub fn read_from(name: &str, source: impl Read) -> Result<Model, Failure> {
    checked(name, read_model_text(source, name))
}

pub fn failed(name: &str, source: std::io::Error) -> Failure {
    Failure::from(kmeans_io::Error::Read { name: name.to_owned(), source })
}

fn checked(name: &str, bytes: Result<Vec<u8>, kmeans_io::Error>) -> Result<Model, Failure> {
    let bytes = bytes.map_err(|error| {
        let failure = Failure::from(&error);
        // A device, or a file that is too large: no table is at fault.
        if error.kind() == Kind::Data {
            Failure { code: ErrorCode::InvalidModel, ..failure }
        } else {
            failure
        }
    })?;
    Model::from_json(&bytes).map_err(|error| Failure::model(name, &error))
}

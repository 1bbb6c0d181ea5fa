//! A model in memory, shared by jobs.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use kmeans_io::Output;
use kmeans_model::Model;
use napi::bindgen_prelude::{AsyncTask, Either};
use napi_derive::napi;

use crate::failure::{ErrorCode, Failure};
use crate::job::{Job, Running};

/// A model of 2^31 bytes has some 10^8 numbers; larger ones are no model of ours.
const MOST_BYTES: u64 = 1 << 31;

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
    match path {
        "-" => read_from("standard input", std::io::stdin().lock()),
        path => read_from(path, std::fs::File::open(path).map_err(|error| failed(path, error))?),
    }
}

pub fn failed(name: &str, source: std::io::Error) -> Failure {
    Failure::from(kmeans_io::Error::Read { name: name.to_owned(), source })
}

/// Reads and checks the text of a model.
pub fn read_from(name: &str, source: impl Read) -> Result<Model, Failure> {
    let failed = |error| failed(name, error);
    let mut bytes = Vec::new();
    source.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new(
            ErrorCode::InvalidModel,
            format!("{name} is larger than 2 GiB, which no model is"),
        ));
    }
    Model::from_json(&bytes).map_err(|error| Failure::model(name, &error))
}

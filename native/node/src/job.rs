//! Work off the event loop: one task on libuv's pool, whose panics become values.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{AsyncTask, Either, ToNapiValue, TypeName};
use napi::{Env, Result, Task};

use crate::control::{Control, Phase};
use crate::failure::{ErrorCode, Failure};

type Work<T> = Box<dyn FnOnce(&Arc<Control>) -> std::result::Result<T, Failure> + Send>;

/// Work that has not begun, and what it shares with the event loop.
pub struct Job<T> {
    work: Mutex<Option<Work<T>>>,
    pub control: Arc<Control>,
}

impl<T> Job<T> {
    pub fn new(work: impl FnOnce(&Arc<Control>) -> std::result::Result<T, Failure> + Send + 'static) -> Self {
        Self { work: Mutex::new(Some(Box::new(work))), control: Arc::default() }
    }

    /// The task; a job runs once.
    pub fn run(&self) -> AsyncTask<Running<T>>
    where
        T: Send + ToNapiValue + TypeName + 'static,
    {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        AsyncTask::new(Running { work, control: Arc::clone(&self.control) })
    }
}

/// A job on libuv's pool.
pub struct Running<T> {
    work: Option<Work<T>>,
    control: Arc<Control>,
}

impl<T: Send + ToNapiValue + TypeName + 'static> Task for Running<T> {
    type Output = std::result::Result<T, Failure>;
    type JsValue = Either<Failure, T>;

    fn compute(&mut self) -> Result<Self::Output> {
        let Some(work) = self.work.take() else {
            return Ok(Err(Failure::new(ErrorCode::Internal, "a job runs once, and this one has run")));
        };
        let done = guarded(|| work(&self.control));
        self.control.enter(Phase::Done);
        Ok(done)
    }

    fn resolve(&mut self, _: Env, output: Self::Output) -> Result<Self::JsValue> {
        Ok(match output {
            Ok(value) => Either::B(value),
            Err(failure) => Either::A(failure),
        })
    }
}

/// Where the last panic happened, for the report of a defect.
static PLACE: Mutex<String> = Mutex::new(String::new());

/// The panic hook: keeps the place, prints nothing.
pub fn remember(panic: &PanicHookInfo) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
}

/// A panic in a task would take Node down (it unwinds into `extern "C"`), so it ends here, as our fault.
pub fn guarded<T>(work: impl FnOnce() -> std::result::Result<T, Failure>) -> std::result::Result<T, Failure> {
    // What the work held is dropped with it and nobody looks at it again, so no broken state can be seen.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let place = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
        Err(Failure::new(ErrorCode::Internal, format!("{text} at {place}")))
    })
}

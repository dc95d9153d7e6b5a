//! From a request to its handler and back: what the generated trait `Service` stands on.
//!
//! 1. Admission: whether the server takes on the request at all ([`Serve::admit`]).
//! 2. Credentials: every complete alternative, until one is valid.
//! 3. Parameters and body, all violations together ([`Input`]); if they had to be waited for, the credentials once more.
//! 4. The operation's rule of access, which makes the value inside the handler's [`Permit`].
//! 5. The handler.
//! 6. Whatever said no becomes the operation's own documented error ([`Serve::answer`]).
//!
//! The order is that of the generated code, so a handler cannot be reached by another way.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::pin;

use dropshot::{HttpError, RequestContext, ServerContext};

use crate::reply::{ErrorReply, Refused, refuse};
use crate::request::{BodyProblem, Input};
use crate::security::Operation;

/// Why a request never reached its handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No alternative of the operation's credentials was complete and valid.
    NotAuthenticated,
    /// Parameters or body are not what the document says.
    Request(BodyProblem),
    /// The body took longer to arrive than the server waits.
    TooSlow,
}

/// State and errors of a server.
pub trait Serve: Sized + Send + Sync + 'static {
    /// State, shared by all requests.
    type Context: ServerContext;
    /// What hooks and handlers fail with.
    type Error: From<Rejection> + Send;
    /// An error on its way to the body that the operation declares.
    type Refusal: Refused + Send + Sync;
    /// A request that was taken on; dropped once it has its answer.
    type Admission: Send;

    /// Takes on a request or turns it away, before anything of it is looked at: limits of requests, overload.
    fn admit(
        rqctx: &RequestContext<Self::Context>,
        operation: Operation,
    ) -> impl Future<Output = Result<Self::Admission, Self::Error>> + Send;

    /// Waits for a request to arrive whole; none: given up. Replace it to give up on senders that are slow, for what has been
    /// taken on is held meanwhile.
    fn arrive<T: Send>(
        _: &RequestContext<Self::Context>,
        request: impl Future<Output = T> + Send,
    ) -> impl Future<Output = Option<T>> + Send {
        async { Some(request.await) }
    }

    /// Makes an error ready to be sent.
    fn refusal(rqctx: &RequestContext<Self::Context>, operation: Operation, error: Self::Error) -> Self::Refusal;

    /// Runs one operation. Replace it to log, to measure, or to catch a panic.
    fn answer<R, W>(
        rqctx: &RequestContext<Self::Context>,
        operation: Operation,
        work: W,
    ) -> impl Future<Output = Result<R, HttpError>> + Send
    where
        R: ErrorReply<Self::Refusal> + Send,
        W: Future<Output = Result<R, Self::Error>> + Send,
    {
        async move {
            match work.await {
                Ok(reply) => Ok(reply),
                Err(error) => refuse(&Self::refusal(rqctx, operation, error)),
            }
        }
    }
}

/// Proof that the checks of operation `O` succeeded, with what they found out. Only the generated code makes one, and only
/// after the checks.
#[derive(Debug)]
pub struct Permit<O, T> {
    found: T,
    operation: PhantomData<fn() -> O>,
}

impl<O, T> Permit<O, T> {
    #[allow(dead_code, reason = "not every document has operations")]
    pub(crate) const fn new(found: T) -> Self {
        Self { found, operation: PhantomData }
    }

    /// What the checks found out.
    pub fn into_inner(self) -> T {
        self.found
    }
}

impl<O, T> Deref for Permit<O, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.found
    }
}

/// Stands for the caller of an operation that asks for no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anonymous;

/// Admission and caller, then the request: strangers learn nothing and cost little.
///
/// Whoever had to be waited for is looked up once more: rights that were taken away while a body was on its way are not used.
///
/// # Errors
/// What admission or authentication says, or all that is wrong with the request.
#[allow(dead_code, reason = "not every document has operations")]
pub(crate) async fn receive<S: Serve, C, I: Input, F>(
    rqctx: &RequestContext<S::Context>,
    operation: Operation,
    caller: impl Fn() -> F + Send,
    input: I,
) -> Result<(S::Admission, C, I::Values), S::Error>
where
    F: Future<Output = Result<C, S::Error>> + Send,
{
    let come = async { Ok((S::admit(rqctx, operation).await?, caller().await?)) };
    match come.await {
        Ok((admission, mut known)) => {
            let (values, is_late) = with_lateness(S::arrive(rqctx, input.read())).await;
            let values = values.ok_or(Rejection::TooSlow)?;
            if is_late {
                known = caller().await?;
            }
            Ok((admission, known, values.map_err(Rejection::Request)?))
        }
        Err(error) => {
            // Whether all of it arrives makes no difference to the answer.
            let _ = S::arrive(rqctx, input.discard()).await;
            Err(error)
        }
    }
}

/// What a future gives, and whether that had to be waited for.
async fn with_lateness<T>(future: impl Future<Output = T>) -> (T, bool) {
    let mut future = pin!(future);
    let mut is_late = false;
    let value = poll_fn(|context| {
        let value = future.as_mut().poll(context);
        is_late |= value.is_pending();
        value
    });
    (value.await, is_late)
}

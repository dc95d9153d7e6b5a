//! Lists that come in pages: one call a page, as a stream of pages or of what is on them.
//!
//! A page is asked for when the one before it is used up, never ahead. Dropping a stream between two pages loses nothing:
//! the cursor of the last page leads on.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::answer::{Mismatch, Response};
use crate::call::Call;
use crate::error::{Cause, Error};
use crate::operation::Operation;
use crate::retry::Attempts;

/// An operation that answers in pages. Implemented by the types in [`operations`](crate::operations) only.
pub trait Paged: Operation + Clone {
    /// What the list is of.
    type Item: Send + 'static;

    #[doc(hidden)]
    fn turn(&mut self, cursor: String);

    #[doc(hidden)]
    fn next(page: &Self::Output) -> Option<String>;

    #[doc(hidden)]
    fn into_items(page: Self::Output) -> Vec<Self::Item>;
}

impl<O: Paged> Call<O> {
    /// Every page from this one on, each a call of its own with the settings of this one. The stream ends with the last
    /// page, or with the first error.
    ///
    /// ```no_run
    /// # async fn run<O: invite_sdk::Paged>(call: invite_sdk::Call<O>) -> Result<(), Box<dyn std::error::Error>> {
    /// use futures::TryStreamExt;
    ///
    /// let mut pages = call.pages();
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("a page of request {}", page.request_id());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> Pages<O> {
        Pages { next: Some(self), running: None, walk: Walk::default(), broken: None }
    }

    /// Everything on those pages, one by one.
    ///
    /// ```no_run
    /// # async fn run<O: invite_sdk::Paged>(call: invite_sdk::Call<O>) -> Result<(), Box<dyn std::error::Error>> {
    /// use futures::TryStreamExt;
    ///
    /// let all: Vec<O::Item> = call.items().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn items(self) -> Items<O> {
        Items { pages: self.pages(), ready: VecDeque::new() }
    }
}

type Answered<O> = Result<Response<<O as Operation>::Output>, Error<<O as Operation>::Error>>;
type Running<O> = Pin<Box<dyn Future<Output = Answered<O>> + Send>>;

/// Pages of a list; see [`Call::pages`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<O: Paged> {
    /// The call of the page after the running one, without its cursor yet.
    next: Option<Call<O>>,
    running: Option<Running<O>>,
    /// The cursors so far.
    walk: Walk,
    /// What ends the stream after the page that was handed over last.
    broken: Option<Error<O::Error>>,
}

/// Finds out that cursors lead in a circle, of whatever length, and remembers one of them only (Brent's algorithm).
#[derive(Default)]
struct Walk {
    /// The one that the following are held against.
    kept: Option<String>,
    /// How many followed it.
    since: u64,
    /// After how many the next one is kept instead; doubles each time.
    limit: u64,
}

impl Walk {
    /// Whether `cursor` was met before.
    fn returns(&mut self, cursor: &str) -> bool {
        if self.kept.as_deref() == Some(cursor) {
            return true;
        }
        if self.since == self.limit {
            self.kept = Some(cursor.to_owned());
            (self.since, self.limit) = (0, (self.limit * 2).max(1));
        }
        self.since += 1;
        false
    }
}

impl<O: Paged> Pages<O> {
    /// Sets the call after `page`, or the error if its cursor leads back to a page that was there: that would never end.
    fn turn(&mut self, page: &Response<O::Output>) {
        let (Some(call), Some(cursor)) = (self.next.take(), O::next(page)) else { return };
        if self.walk.returns(&cursor) {
            let attempts = Attempts { count: page.attempts, ..Attempts::default() };
            let cause = Cause::Mismatch(Mismatch::Cursor);
            self.broken = Some(Error::new(O::INFO.id, page.request_id().to_owned(), attempts, cause, None));
        } else {
            self.next = Some(call.turned(cursor));
        }
    }
}

// Nothing in it is pinned in place but the call that is running, which is pinned on the heap.
impl<O: Paged> Unpin for Pages<O> {}

impl<O: Paged> Stream for Pages<O> {
    type Item = Answered<O>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let mut running = match self.running.take() {
            Some(running) => running,
            None => match self.next.clone() {
                Some(call) => Box::pin(call.send()),
                None => return Poll::Ready(None),
            },
        };
        let Poll::Ready(answer) = running.as_mut().poll(context) else {
            self.running = Some(running);
            return Poll::Pending;
        };
        match &answer {
            Ok(page) => self.turn(page),
            Err(_) => self.next = None,
        }
        Poll::Ready(Some(answer))
    }
}

impl<O: Paged> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("operation", &O::INFO.id).finish_non_exhaustive()
    }
}

/// What is on the pages of a list; see [`Call::items`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<O: Paged> {
    pages: Pages<O>,
    ready: VecDeque<O::Item>,
}

impl<O: Paged> Unpin for Items<O> {}

impl<O: Paged> Stream for Items<O> {
    type Item = Result<O::Item, Error<O::Error>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.ready.extend(O::into_items(page.into_inner())),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<O: Paged> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("operation", &O::INFO.id).finish_non_exhaustive()
    }
}

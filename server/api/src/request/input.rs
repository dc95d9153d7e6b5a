//! All parts of a request at once: read together, so that the caller hears of every violation in one answer.

use serde::de::DeserializeOwned;

use super::body::FromBody;
use super::{Body, BodyProblem, Media, Multipart, Optional, Params, Raw, Upgrade};
use crate::validate::{Described, Violation};

/// One part of a request: the parameters of a place, or the body.
pub trait Part: Send {
    /// What the handler gets.
    type Value: Send;

    /// Reads and checks it. Bodies without a schema are handed on unread.
    fn read(self) -> impl Future<Output = Result<Self::Value, BodyProblem>> + Send;

    /// Reads a bounded amount of what nobody wants, so that the sender is not cut off before it sees the answer.
    fn discard(self) -> impl Future<Output = ()> + Send;
}

/// The parts of a request that an operation takes.
pub trait Input: Send {
    /// What the handler gets.
    type Values: Send;

    /// Reads and checks all parts.
    ///
    /// # Errors
    /// The violations of all parts together, or what keeps the body from being looked at.
    fn read(self) -> impl Future<Output = Result<Self::Values, BodyProblem>> + Send;

    /// Discards all parts.
    fn discard(self) -> impl Future<Output = ()> + Send;
}

impl<L, P: Send> Part for Params<L, P> {
    type Value = P;

    async fn read(self) -> Result<P, BodyProblem> {
        self.into_result().map_err(BodyProblem::Invalid)
    }

    async fn discard(self) {}
}

impl<T: DeserializeOwned + Described + Send, M: Media> Part for Body<T, M> {
    type Value = T;

    async fn read(self) -> Result<T, BodyProblem> {
        Self::read(self).await
    }

    async fn discard(self) {
        Self::discard(self).await;
    }
}

impl<B: FromBody + Part> Part for Optional<B> {
    type Value = Option<B::Value>;

    async fn read(self) -> Result<Self::Value, BodyProblem> {
        match self.into_option() {
            Some(body) => body.read().await.map(Some),
            None => Ok(None),
        }
    }

    async fn discard(self) {
        if let Some(body) = self.into_option() {
            body.discard().await;
        }
    }
}

impl<M: Media> Part for Raw<M> {
    type Value = Self;

    async fn read(self) -> Result<Self, BodyProblem> {
        Ok(self)
    }

    async fn discard(self) {
        Self::discard(self).await;
    }
}

macro_rules! unread {
    ($($part:ty),*) => {$(
        impl Part for $part {
            type Value = Self;

            async fn read(self) -> Result<Self, BodyProblem> {
                Ok(self)
            }

            async fn discard(self) {}
        }
    )*};
}

// Their connections are dropshot's: what is left unread ends with them.
unread!(Multipart, Upgrade);

/// What is wrong with the parts so far: violations add up, anything else about a body hides them.
#[derive(Default)]
struct Trouble {
    violations: Vec<Violation>,
    other: Option<BodyProblem>,
}

impl Trouble {
    fn note<T>(&mut self, outcome: Result<T, BodyProblem>) -> Option<T> {
        match outcome {
            Ok(value) => return Some(value),
            Err(BodyProblem::Invalid(more)) => self.violations.extend(more),
            Err(other) => self.other = Some(other),
        }
        None
    }

    fn into_problem(self) -> BodyProblem {
        self.other.unwrap_or(BodyProblem::Invalid(self.violations))
    }
}

macro_rules! input {
    ($($part:ident)*) => {
        #[allow(non_snake_case, reason = "one name for the type and the value of a part")]
        impl<$($part: Part),*> Input for ($($part,)*) {
            type Values = ($($part::Value,)*);

            async fn read(self) -> Result<Self::Values, BodyProblem> {
                let ($($part,)*) = self;
                let mut trouble = Trouble::default();
                $(let $part = trouble.note($part.read().await);)*
                match ($($part,)*) {
                    ($(Some($part),)*) => Ok(($($part,)*)),
                    _ => Err(trouble.into_problem()),
                }
            }

            async fn discard(self) {
                let ($($part,)*) = self;
                $($part.discard().await;)*
            }
        }
    };
}

impl Input for () {
    type Values = ();

    async fn read(self) -> Result<(), BodyProblem> {
        Ok(())
    }

    async fn discard(self) {}
}

input!(A);
input!(A B);
input!(A B C);
input!(A B C D);

#[cfg(test)]
mod tests {
    use super::*;

    struct Given(Result<u8, BodyProblem>);

    impl Part for Given {
        type Value = u8;

        async fn read(self) -> Result<u8, BodyProblem> {
            self.0
        }

        async fn discard(self) {}
    }

    fn wrong(pointer: &str) -> Given {
        Given(Err(BodyProblem::Invalid(vec![Violation { pointer: pointer.to_owned(), detail: String::new() }])))
    }

    fn read<I: Input>(input: I) -> Result<I::Values, BodyProblem> {
        futures_now(input.read())
    }

    /// None of these futures waits for anything.
    fn futures_now<T>(future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => value,
            std::task::Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn violations_of_all_parts_are_told_together() {
        let Err(BodyProblem::Invalid(violations)) = read((wrong("/path/a"), Given(Ok(1)), wrong("/b"))) else {
            panic!("it was accepted");
        };
        let pointers: Vec<&str> = violations.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(pointers, ["/path/a", "/b"]);
    }

    #[test]
    fn a_body_that_cannot_be_looked_at_hides_the_rest() {
        let parts = (wrong("/path/a"), Given(Err(BodyProblem::Malformed)));
        assert_eq!(read(parts), Err(BodyProblem::Malformed));
        assert_eq!(read((Given(Ok(1)), Given(Ok(2)))), Ok((1, 2)));
    }
}

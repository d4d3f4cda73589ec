//! The list of native contenders.

use crate::driver::{Peer, Run, Space, space};
use crate::options::Options;
use crate::peers::{Arena, Dlmalloc, Empty, Mimalloc, Offset, Ours, Rlsf, System, Talc};
use crate::trace::Trace;
use std::time::{Duration, Instant};

/// Something that runs traces and is timed.
pub(crate) trait Contender {
    /// The name in tables and on the command line.
    fn name(&self) -> &'static str;
    /// Makes a new heap and runs the warm-up.
    fn prepare(&mut self, trace: &Trace);
    /// Runs the timed steps.
    fn run(&mut self, trace: &Trace) -> Duration;
    /// Frees everything.
    fn finish(&mut self);
    /// What memory the whole trace takes; `None` for an allocator that has no memory of its own.
    fn space(&mut self, trace: &Trace) -> Option<Space>;
}

/// A contender made of a [`Peer`].
struct Native<P: Peer, New> {
    name: &'static str,
    touch: bool,
    /// Makes a peer, perhaps of the memory of the last one.
    new: New,
    run: Option<Run<P>>,
    last: Option<P>,
}

impl<P: Peer, New: FnMut(Option<P>) -> P> Contender for Native<P, New> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn prepare(&mut self, trace: &Trace) {
        let peer = (self.new)(self.last.take());
        let mut run = Run::new(peer, trace);
        run.warm_up(trace, self.touch);
        self.run = Some(run);
    }

    fn run(&mut self, trace: &Trace) -> Duration {
        let run = self.run.as_mut().expect("prepared");
        let start = Instant::now();
        run.timed(trace, self.touch);
        start.elapsed()
    }

    fn finish(&mut self) {
        if let Some(mut run) = self.run.take() {
            run.empty();
            self.last = Some(run.peer);
        }
    }

    fn space(&mut self, trace: &Trace) -> Option<Space> {
        let peer = (self.new)(self.last.take());
        let (peer, space) = space(peer, trace);
        self.last = Some(peer);
        space
    }
}

/// One contender.
fn one<P: Peer + 'static>(
    name: &'static str,
    touch: bool,
    new: impl FnMut(Option<P>) -> P + 'static,
) -> Box<dyn Contender> {
    Box::new(Native { name, touch, new, run: None, last: None })
}

/// Contenders whose names end in this write to their blocks.
const TOUCHED: [bool; 2] = [false, true];

/// The contenders that the options ask for.
pub(crate) fn contenders(options: &Options) -> Vec<Box<dyn Contender>> {
    let mut all = vec![
        one("ours", false, |_| Ours::new()),
        one("ours+touch", true, |last: Option<Ours>| Ours::touched(last.map(Ours::into_memory))),
        one("empty", false, |_| Empty::default()),
        one("offset-allocator", false, |_| Offset::new()),
    ];
    for touch in TOUCHED {
        let name = |untouched, touched| if touch { touched } else { untouched };
        all.extend([
            one(name("mimalloc", "mimalloc+touch"), touch, |_| Mimalloc::new()),
            one(name("system", "system+touch"), touch, |_| System::new()),
            one(name("dlmalloc", "dlmalloc+touch"), touch, |last: Option<Dlmalloc>| {
                Dlmalloc::new(last.map_or_else(Arena::new, Dlmalloc::into_arena))
            }),
            #[cfg(feature = "substrate")]
            one(name("substrate", "substrate+touch"), touch, crate::peers::Substrate::new),
            one(name("rlsf", "rlsf+touch"), touch, |last: Option<Rlsf>| {
                Rlsf::new(last.map_or_else(Arena::new, Rlsf::into_arena))
            }),
            one(name("talc", "talc+touch"), touch, |last: Option<Talc>| {
                Talc::new(last.map_or_else(Arena::new, Talc::into_arena))
            }),
        ]);
    }
    all.retain(|contender| options.takes(contender.name()));
    all
}

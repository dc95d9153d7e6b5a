//! Metrics whose values are kept elsewhere and read when somebody asks.

use std::collections::HashMap;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// A value, with those of its labels in the order of their names.
pub(super) struct Sample {
    labels: Vec<&'static str>,
    value: f64,
}

impl Sample {
    pub(super) fn new(labels: impl Into<Vec<&'static str>>, value: f64) -> Self {
        Self { labels: labels.into(), value }
    }

    /// Counts, of things that are never so many that a float would be wrong.
    pub(super) fn count(labels: impl Into<Vec<&'static str>>, count: u64) -> Self {
        Self::new(labels, count as f64)
    }

    pub(super) fn size(labels: impl Into<Vec<&'static str>>, size: usize) -> Self {
        Self::new(labels, size as f64)
    }
}

/// Reads all values of a metric; one that cannot be told at the moment is left out.
type Read = Box<dyn Fn() -> Vec<Sample> + Send + Sync>;

/// A metric whose values are read when somebody asks.
pub(super) struct Pulled {
    desc: Desc,
    kind: MetricType,
    read: Read,
}

impl Pulled {
    pub(super) fn gauge(name: &str, help: &str, labels: &[&str], read: Read) -> prometheus::Result<Self> {
        Self::new(MetricType::GAUGE, name, help, labels, read)
    }

    /// What is read must never become smaller.
    pub(super) fn counter(name: &str, help: &str, labels: &[&str], read: Read) -> prometheus::Result<Self> {
        Self::new(MetricType::COUNTER, name, help, labels, read)
    }

    fn new(kind: MetricType, name: &str, help: &str, labels: &[&str], read: Read) -> prometheus::Result<Self> {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Ok(Self { desc: Desc::new(name.to_owned(), help.to_owned(), labels, HashMap::new())?, kind, read })
    }

    fn metric(&self, sample: &Sample) -> Metric {
        let labels = self.desc.variable_labels.iter().zip(&sample.labels).map(|(name, value)| {
            let mut label = LabelPair::default();
            label.set_name(name.clone());
            label.set_value((*value).to_owned());
            label
        });
        let mut metric = Metric::from_label(labels.collect());
        if self.kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(sample.value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(sample.value);
            metric.set_gauge(gauge);
        }
        metric
    }
}

impl Collector for Pulled {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut family = MetricFamily::default();
        family.set_name(self.desc.fq_name.clone());
        family.set_help(self.desc.help.clone());
        family.set_field_type(self.kind);
        family.set_metric((self.read)().iter().map(|sample| self.metric(sample)).collect());
        vec![family]
    }
}

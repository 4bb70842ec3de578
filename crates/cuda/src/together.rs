//! Trainings that go on together: a gradient of each net by one kernel.

use crate::device::Gpu;
use crate::executor::score_of_one;
use crate::nets::Nets;
use crate::program::Program;
use crate::rows::{Order, Rows};
use rayon::prelude::*;
use std::collections::BTreeSet;
use switchnet::data::Batches;
use switchnet::layer::parameters;
use switchnet::net::Net;
use switchnet::train::{Asked, Loss, Metrics, Pass, Together};
use switchnet::{Error, Result};

impl Gpu {
    /// Whether trainings of nets with the layers of this one and with this loss can go on [together](Self::together): it is a
    /// [`Program`] whose kernels fit the GPU.
    pub fn takes_together(&self, net: &Net<f32>, loss: Loss) -> bool {
        Program::new(net).is_ok_and(|program| program.fits(self, loss))
    }

    /// Who computes the passes of trainings of `nets` with this loss on `data`, all at once; all rows are copied to the GPU.
    /// Rows have to count alike. Steps that take the same number of rows are one; others take their time apart.
    ///
    /// ```no_run
    /// use switchnet::data::{Scope, digits};
    /// use switchnet::net::zoo::{Architecture, SwitchNet};
    /// use switchnet::net::Net;
    /// use switchnet::train::{Member, Run, Training, resume_together};
    ///
    /// let gpu = switchnet_cuda::Gpu::open()?;
    /// let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    /// let wide = Architecture::Switch(SwitchNet { width: Some(1024), ..SwitchNet::default() });
    /// let mut nets = Vec::new();
    /// for seed in 1..=8 {
    ///     nets.push(wide.spec(&[64], 10, seed)?.build::<f32>()?);
    /// }
    /// let training = Training::default();
    /// let of: Vec<&Net<f32>> = nets.iter().collect();
    /// let mut together = gpu.together(&of, training.loss, &split.train)?;
    /// let mut observers = vec![(); nets.len()];
    /// let mut members = Vec::new();
    /// for (net, observer) in nets.iter_mut().zip(&mut observers) {
    ///     let run = Run::new(net, &training)?;
    ///     members.push(Member { net, training: &training, run, observer });
    /// }
    /// let runs = resume_together(members, &split.train, together.as_mut())?;
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Nets::new`], if the data cannot be read, or there is no room.
    pub fn together(
        &self,
        nets: &[&Net<f32>],
        loss: Loss,
        data: &dyn Batches<f32>,
    ) -> Result<Box<dyn Together<f32>>> {
        let device = self.device()?;
        let theta = nets.iter().map(|net| parameters::read(*net)).collect();
        let nets = Nets::new(&device, nets, loss)?;
        let (x, targets) = data.batch(&(0..data.rows()).collect::<Vec<_>>())?;
        let rows = Rows::new(&device, x.view(), &targets)?;
        Ok(Box::new(AtOnce { nets, theta, loss, rows, classes: data.has_classes() }))
    }
}

struct AtOnce {
    nets: Nets,
    /// Of each net what was known of its parameters the last time.
    theta: Vec<Vec<f32>>,
    loss: Loss,
    /// All rows of the data.
    rows: Rows,
    classes: bool,
}

impl AtOnce {
    /// Refuses what the kernel does not have.
    fn takes(&self, pass: Pass<'_, f32>) -> Result<()> {
        let what = "trainings together on a GPU";
        if pass.data.rows() != self.rows.len() {
            let expected = format!("the {} rows that were copied to it", self.rows.len());
            return Err(Error::new(what, expected, pass.data.rows()));
        }
        if pass.usual_loss() != Some(self.loss) {
            let expected = format!("{:?}, of rows that count alike", self.loss);
            return Err(Error::new(what, expected, "another loss"));
        }
        Ok(())
    }

    /// The gradients of those that take so many rows.
    fn of_size(
        &mut self,
        asked: &[Asked<'_, f32>],
        size: usize,
    ) -> Result<Vec<(usize, Metrics, Vec<f32>)>> {
        let of_size: Vec<&Asked<'_, f32>> = asked.iter().filter(|a| a.rows.len() == size).collect();
        // Those that are over, or take other numbers of rows, have some rows as well, of which nobody asks.
        let mut order = vec![of_size[0].rows.to_vec(); self.theta.len()];
        for asked in &of_size {
            order[asked.which] = asked.rows.to_vec();
        }
        let order = Order::new(&self.rows, size, &order)?;
        let mut gradients: Vec<_> =
            self.nets.gradient_of(&self.rows, Some(&order))?.into_iter().map(Some).collect();
        let one = |asked: &&Asked<'_, f32>| {
            let gradient = gradients[asked.which].take().expect("each asks once");
            (asked.which, gradient.score.metrics(size, self.classes), gradient.values)
        };
        Ok(of_size.iter().map(one).collect())
    }
}

impl Together<f32> for AtOnce {
    fn gradients(&mut self, asked: &[Asked<'_, f32>]) -> Result<Vec<(Metrics, Vec<f32>)>> {
        asked.iter().try_for_each(|asked| self.takes(asked.pass))?;
        let read = |asked: &Asked<'_, f32>| (asked.which, parameters::read(asked.pass.net));
        let known: Vec<_> = asked.par_iter().map(read).collect();
        known.into_iter().for_each(|(which, theta)| self.theta[which] = theta);
        self.nets.set_parameters(&self.theta)?;
        let sizes: BTreeSet<usize> = asked.iter().map(|asked| asked.rows.len()).collect();
        let mut found = Vec::with_capacity(asked.len());
        for size in sizes {
            found.extend(self.of_size(asked, size)?);
        }
        found.sort_by_key(|(which, ..)| *which);
        Ok(found.into_iter().map(|(_, metrics, gradient)| (metrics, gradient)).collect())
    }

    fn score(
        &mut self,
        which: usize,
        pass: Pass<'_, f32>,
        rows: &[usize],
        metrics: &mut Metrics,
    ) -> Result<()> {
        score_of_one(&mut self.nets, which, pass, rows, metrics)
    }
}

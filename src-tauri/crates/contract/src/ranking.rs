//! Rankings by votes. Scores are points on a scale where 400 more are odds of ten to one and 1000 is the
//! mean; money is nano-dollars, durations milliseconds.

wire! {
    /// Which votes count.
    pub struct RankingRequest {
        /// Only those with this tag; `null` for all.
        pub tag: Option<String>,
        /// `me`, `judges` for all judges, or the key of one judge. They are never counted together.
        pub voter: String,
        /// Only those that were cast blind.
        pub blind_only: bool,
    }

    /// The models that were voted on.
    pub struct RankingView {
        /// The best first; those without a score last.
        pub rows: Vec<RankingRow>,
        /// Each pair once, by index into the rows.
        pub pairs: Vec<RankingPair>,
        /// Every tag that any vote has.
        pub tags: Vec<String>,
        /// Every judge that voted, and how far it decides as the person does.
        pub judges: Vec<JudgeView>,
        /// Votes that counted.
        pub votes: u32,
        /// Subjects that a model needs before it has a score.
        pub fewest_subjects: u32,
        /// What can be said, in one sentence.
        pub sentence: String,
    }

    /// One model.
    pub struct RankingRow {
        /// Its key.
        pub model: String,
        /// The same without its maker.
        pub name: String,
        /// Its cable.
        pub colour: u8,
        /// One more than the models that are better at 95 %; `null` without a score.
        pub rank: Option<u32>,
        /// `null` before there are enough votes.
        pub score: Option<f64>,
        /// The lower end of its 95 % interval.
        pub low: Option<f64>,
        /// The upper end.
        pub high: Option<f64>,
        /// Every other model of its group is better or worse at 95 %.
        pub is_settled: bool,
        /// Models of different groups were never compared, not even by a chain of votes.
        pub group: u32,
        /// Votes about it.
        pub votes: u32,
        /// Comparisons that it won.
        pub wins: u32,
        /// That nobody won.
        pub ties: u32,
        /// That it lost.
        pub losses: u32,
        /// The median price of its answers.
        pub median_nano_usd: Option<i64>,
        /// The median time to its first token.
        pub median_first_token_millis: Option<f64>,
        /// The median speed.
        pub median_tokens_per_second: Option<f64>,
        /// Nothing of its group is both better and cheaper.
        pub is_on_cost_frontier: bool,
        /// Nothing of its group is both better and faster in tokens a second.
        pub is_on_speed_frontier: bool,
    }

    /// Two models against each other.
    pub struct RankingPair {
        /// Index of the first.
        pub first: u32,
        /// Index of the second.
        pub second: u32,
        /// Votes in which the first was better.
        pub wins: u32,
        /// In which neither was.
        pub ties: u32,
        /// In which the second was.
        pub losses: u32,
        /// How many points the first has more; `null` where one has no score or nothing joins them.
        pub difference: Option<f64>,
        /// The lower end of the 95 % interval of the difference itself.
        pub low: Option<f64>,
        /// The upper end.
        pub high: Option<f64>,
    }

    /// One judge.
    pub struct JudgeView {
        /// The key of its model.
        pub key: String,
        /// The same without its maker.
        pub name: String,
        /// Its verdicts.
        pub votes: u32,
        /// Prompts on which the person voted too.
        pub shared: u32,
        /// Of these, with the same verdict.
        pub same: u32,
        /// The lower end of the 95 % interval of that share, 0 to 1.
        pub low: Option<f64>,
        /// The upper end.
        pub high: Option<f64>,
        /// Cohen's kappa: 1 is always, 0 no more often than chance.
        pub kappa: Option<f64>,
        /// Verdicts that changed when the order of the answers did.
        pub disagrees_with_itself: u32,
        /// What its verdicts cost; `null` where that is not known.
        pub nano_usd: Option<i64>,
    }
}

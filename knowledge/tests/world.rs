//! Files that were indexed.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

use knowledge::{Builder, Built, Hit, Index, Page, Question, search};

/// A file with its index.
pub struct File {
    pub built: Built,
    pub index: Index,
}

impl File {
    /// A file with numbered pages.
    pub fn with_pages(pages: &[&str]) -> Self {
        Self::new((1..).zip(pages).map(|(number, text)| Page { number: Some(number), text: (*text).to_owned() }))
    }

    /// A file without pages.
    pub fn text(text: &str) -> Self {
        Self::new([Page { number: None, text: text.to_owned() }])
    }

    fn new(pages: impl IntoIterator<Item = Page>) -> Self {
        let mut builder = Builder::new();
        pages.into_iter().for_each(|page| builder.add(page));
        let built = builder.finish();
        let index = Index::parse(&built.index).unwrap();
        Self { built, index }
    }

    pub fn passage(&self, number: u32) -> &str {
        let place = self.index.passage(number).unwrap();
        std::str::from_utf8(&self.built.text[place.start as usize..place.end as usize]).unwrap()
    }

    pub fn passages(&self) -> Vec<&str> {
        (0..self.index.passages()).map(|number| self.passage(number)).collect()
    }

    /// The passages that fit a question, best first.
    pub fn find(&self, text: &str) -> Vec<&str> {
        self.follow_up(text, &[])
    }

    /// The passages that fit a question after others, of which the newest is first.
    pub fn follow_up(&self, text: &str, earlier: &[&str]) -> Vec<&str> {
        let hits = search(&Question { text, earlier }, &[&self.index], 5);
        hits.into_iter().map(|hit| self.passage(hit.passage)).collect()
    }

    /// Whether the best passage for a question contains a text.
    pub fn finds(&self, question: &str, text: &str) -> bool {
        self.find(question).first().is_some_and(|passage| passage.contains(text))
    }
}

/// A search in several files.
pub fn find_in(files: &[&File], text: &str) -> Vec<Hit> {
    let indexes: Vec<&Index> = files.iter().map(|file| &file.index).collect();
    search(&Question { text, earlier: &[] }, &indexes, 5)
}

/// An annual report of a few pages.
pub fn report() -> File {
    File::with_pages(&[
        "Annual Report 2023\n\nLetter to shareholders\n\nIn 2023 our company grew in all of its markets. We opened two \
         offices, and the people who work for us did well.",
        "Revenue\n\nRevenue was EUR 1,234.5 million in 2023, compared with EUR 1,100.2 million in 2022. The increase is \
         due to the sale of heat pumps in Scandinavia and to higher prices for service contracts.",
        "Dividend\n\nThe board proposes a dividend of EUR 1.85 per share. The dividend is paid on 14 May 2024. Holders \
         of preference shares receive a fixed amount instead.",
        "Capital expenditure\n\nCapital expenditure was EUR 88 million, most of it for the new factory in Gdansk, which \
         produces compressors according to ISO-9001.",
        "Risk management\n\nThe greatest risks are interruptions of supply chains, cyber attacks, and a shortage of \
         engineers. An inci-\ndent in our ware-\nhouse at Rotterdam cost EUR 3 million.",
        "Personnel\n\nAt the end of the year we had 4,812 employees. Absence because of sickness fell to 3.9 percent. \
         The café of the head office was renovated.",
    ])
}

/// The same in Dutch, with other facts.
pub fn jaarverslag() -> File {
    File::with_pages(&[
        "Jaarverslag 2023\n\nVoorwoord\n\nHet afgelopen jaar was voor onze coöperatie een goed jaar. We hebben twee \
         vestigingen geopend en onze leden waren tevreden over ons.",
        "Omzet\n\nDe omzet bedroeg 312,4 miljoen euro in 2023, tegen 298,1 miljoen euro in 2022. De stijging komt vooral \
         door de verkoop van biologische melk en door de hogere prijzen van kaas.",
        "Medewerkers\n\nEind 2023 werkten er 1.204 mensen bij ons. Het ziekteverzuim daalde naar 4,1 procent. De \
         medewerkers waardeerden hun werk met een 7,8.",
        "Duurzaamheid\n\nOp de daken van onze fabrieken liggen nu 12.000 zonnepanelen. De uitstoot van broeikasgassen is \
         met een vijfde gedaald. Wij willen in 2030 klimaatneutraal zijn.",
    ])
}

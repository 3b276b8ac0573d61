//! Words that say nothing about what a text or a question is about. All are folded: without case and diacritics.

/// Function words of English, and the remains of contractions.
const ENGLISH: &str = "a about above after again against all also am an and any are aren as at be because been before \
    being below between both but by can cannot could couldn did didn do does doesn doing don down during each few for \
    from further had hadn has hasn have haven having he her here hers herself him himself his how i if in into is isn \
    it its itself just let may me might more most must my myself no nor not now of off on once only or other ought our \
    ours ourselves out over own same shall shan she should shouldn so some such than that the their theirs them \
    themselves then there these they this those through to too under until up upon us very was wasn we were weren what \
    when where whether which while who whom whose why will with won would wouldn you your yours yourself yourselves";

/// Function words of Dutch.
const DUTCH: &str = "aan al alle allemaal alleen als ander andere anders ben bent bij binnen bovendien buiten daar \
    daarbij daarin daarmee daarna daarom daarvan daarvoor dan dat de deze die dit doch doen door dus een eens echter \
    elk elke en enige er eraan erbij erin ermee erop eruit ervan ervoor even ge geen ging haar had hadden heb hebben \
    hebt heeft hem hen het hier hij hoe hoewel hun iemand iets ik in indien is ja jaar je jij jou jouw jullie kan kon \
    konden kun kunnen kunt maar me mee meer met mij mijn moest moet moeten mocht mogen mag na naar nadat niet niets nog nu \
    of om omdat ondanks onder ons onze ook op over pas per reeds sinds te tegen ten ter terwijl tevens toch toe toen \
    tot totdat tussen u uit uw van vanaf veel via volgens voor vooral wanneer want waar waarbij waarin waarmee waarom \
    waarvan waarvoor waren was wat we weer welk welke werd werden wel wie wij wil willen word worden wordt wou zal ze \
    zeer zelf zich zij zijn zo zoals zonder zou zouden zowel zulke zullen";

/// Function words of German, French, Spanish, Italian and Portuguese. They do not count in questions in these languages.
const ELSEWHERE: &str = "aber als am an auch auf aus bei bin bis das dem den der des die du ein eine einem einen einer es \
    fur gab gibt haben hat hatte ich im in ist kann mit nach nicht noch nur oder sich sie sind um und uns unser von vor \
    wann war waren warum was welche welchem welchen welcher welches wer werden wie wir wird wo wurde wurden zu zum zur hoch viel viele \
    au aux avec c ce ces cette combien comment d dans de des du elle en est et etait etaient il ils j je l la le les \
    leur mais ne nous on ont ou par pas plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa se ses \
    son sont sur un une vous a al como con cual cuales cuando cuanta cuantas cuanto cuantos cuya del donde e el ella era \
    eran es esta este fue fueron ha hay lo los las mas mi muy no nos o para pero por porque quien se ser si sin sobre su \
    sus tiene un una y ya che chi come cosa da dal dei della delle di dove erano gli i il nel nella non per perche piu \
    quale quali quando quanta quanti quanto sono sul ao aos com da das do dos ela ele em foi foram mais na nas nem os \
    pela pelo qual quais quantos quem sao seu sua tem uma umas uns";

/// Words with which people ask or address somebody. They do not count in questions.
const ASKING: &str = "alstublieft alsjeblieft bedankt bye cheers dank dankjewel dankuwel describe explain geef give \
    goedemiddag goedemorgen goedenavond groeten hallo hello hey hi hoi kindly leg list mention mentioned noem ok okay \
    oke please regarding say says show summarise summarize tell thank thanks thx toon uitleg uitleggen vertel yes yeah \
    yep nope nee";

/// Words of greetings that mean something in other places. A question of nothing else asks nothing.
const GREETING: &str = "afternoon again amazing appreciated avond awesome bye clear cool dag day duidelijk evening \
    everyone excellent fijn fijne friday gedaan geweldig goed goede good goodbye graag great groet handig hartelijk \
    helpful interesting job later leuk lot lovely mij middag mooi mooie morgen morning much nice nicely night perfect \
    prima see so super tomorrow top tot useful very vriendelijke weekend wel welcome well wonderful ziens";

/// Frequent words of questions, which the answer need not contain.
const LIGHT: &str = "amount anything argument bedrag compare compared comparison contain contains current currently \
    detail details difference document doe doet earlier end ever exactly example file find gaan gaat gebeurd gebeurde \
    gebeurt gebeuren gedaan gevonden get gets getting ging go goes happen happened happens hoeveel hoeveelheid hoog \
    huidig huidige information jaar jaren kind know komt lang like long look made main maak maakt maken make makes \
    making many mean means meaning much need needed needs next number overview page people possible precies previous \
    question reason right run sort staat start still stuff sure take taken text thing things time total type understand \
    use used uses using verschil vind vinden volgend volgende vorig vorige want way weet work works year years zeggen \
    zegt";

/// Words that point to what was said before. Relative pronouns are not among them.
const POINTING: &str = "daarin daarmee daarover daarvan daarvoor deze dit erbij erin ermee erover eruit ervan ervoor \
    haar he hem her hij him his hun it its one ones same she their them they this these those ze zij";

/// A list, searched by halves.
struct Words(std::sync::OnceLock<Vec<&'static str>>, &'static str);

impl Words {
    const fn new(list: &'static str) -> Self {
        Self(std::sync::OnceLock::new(), list)
    }

    fn contains(&self, word: &str) -> bool {
        let sorted = self.0.get_or_init(|| {
            let mut list: Vec<&str> = self.1.split_ascii_whitespace().collect();
            list.sort_unstable();
            list
        });
        sorted.binary_search(&word).is_ok()
    }
}

/// Whether a word is a function word of English.
pub fn is_english(word: &str) -> bool {
    static WORDS: Words = Words::new(ENGLISH);
    WORDS.contains(word)
}

/// Whether a word is a function word of Dutch.
pub fn is_dutch(word: &str) -> bool {
    static WORDS: Words = Words::new(DUTCH);
    WORDS.contains(word)
}

/// Whether a word is a function word of another frequent language.
pub fn is_elsewhere(word: &str) -> bool {
    static WORDS: Words = Words::new(ELSEWHERE);
    WORDS.contains(word)
}

/// Whether a word only asks or addresses.
pub fn is_asking(word: &str) -> bool {
    static WORDS: Words = Words::new(ASKING);
    WORDS.contains(word)
}

/// Whether a word is one of a greeting, if all others are.
pub fn is_greeting(word: &str) -> bool {
    static WORDS: Words = Words::new(GREETING);
    WORDS.contains(word) || is_asking(word)
}

/// Whether a word points to what was said before.
pub fn is_pointing(word: &str) -> bool {
    static WORDS: Words = Words::new(POINTING);
    WORDS.contains(word)
}

/// Whether an answer need not contain a word of the question.
pub fn is_light(word: &str) -> bool {
    static WORDS: Words = Words::new(LIGHT);
    WORDS.contains(word)
}

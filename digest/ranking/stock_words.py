"""The words of papers about papers, which say nothing of what somebody wants to read about."""

# No phrase begins or ends with one.
_FURNITURE = (
    "ability abilities capabilities however moreover furthermore learn learned learns train trained "
    "think study object objects simply thereby therefore among despite even "
    "able achieve achieved achieves achieving across address adopt aim aims allow allows "
    "although approach approaches article available based become best better called capable "
    "case cases challenges challenging common compare compared comparing comparison "
    "comprehensive conclusion conduct consider considering contribution contributions "
    "current demonstrate demonstrates demonstrating depend describe despite develop "
    "different difficult directly discuss due easy effective effectively enable enables "
    "enabling enhance enhanced enhancing ensure especially evaluate evaluated evaluating "
    "example examples existing experiment experimental experiments explore exploring "
    "extensive extensively finally find findings first five focus four full github given "
    "goal good great help high higher highly http https idea identify impact important "
    "improve improved improvement improvements improves improving include including increase "
    "increasing insight insights instead introduce introduced introduces introducing "
    "investigate investigating issue issues key known large largely largest lead leading let "
    "leverage leverages leveraging like limitations limited low lower main major make makes "
    "making many mean method methods might more multiple namely need needs new note novel "
    "novelty number observe obtain obtained one opportunities order original outperform "
    "outperforming outperforms overall overview paper papers part particular past perform "
    "performed performs perspective perspectives possible potential present presented "
    "presents previous previously prior produce promising properties propose proposed "
    "proposes proposing provide provided provides providing published purpose rather real "
    "recent recently reduce reducing related relevant remain remains report require required "
    "requires requiring result results rethinking revisiting scheme second set sets several "
    "short show showed showing shown shows significant significantly similar simple simply "
    "since single six small solution solutions solve solving specific specifically state "
    "still strong studied studies study substantial success successful successfully suggest "
    "suitable superior support survey take term terms third though three thus time together "
    "toward towards two type types typical typically understand understanding unlike use "
    "used useful user users uses using usually validate various version via way ways well "
    "whether wide widely work workshop works year years yet zero"
)
FURNITURE = frozenset(_FURNITURE.split())
# What joins words in other languages is part of no phrase: as written, not in capitals.
_FOREIGN = (
    "als auf aus bei das dem den der des die durch ein eine einem einen einer eines für im ist mit "
    "nach oder seine sich sind über und unter vom von wie zu zum zur zwischen "
    "au aux avec ce cette dans de du en entre est et la le les leur ou par pour que qui sans ses "
    "sont sur un une vers à "
    "con da das dei del della delle di dos e el em gli het il los las met nel nella para por una "
    "um uma voor y een "
)
FOREIGN = frozenset(_FOREIGN.split())
# None stands alone, and no phrase begins with one, but many end so.
_HEADS = (
    "accuracy agent agents algorithm algorithms analysis application applications "
    "architecture architectures area art assessment benchmark benchmarks challenge "
    "classification code control corpora corpus cost data dataset datasets design detection "
    "development effect effects efficiency environment environments error estimation "
    "evaluation experience field framework frameworks function functions generation group "
    "image images information input knowledge language learning level mechanism mechanisms "
    "method methodology methods metric metrics model modeling modelling models network "
    "networks optimization output performance policy practice prediction problem problems "
    "process processes processing program quality question questions recognition "
    "representation representations research researchers review role sample samples scenario "
    "scenarios science service simulation simulations software space states strategies "
    "strategy structure structures system systems task tasks technique techniques "
    "technologies technology test testing text theory tool tools training understanding user "
    "users value values video videos world"
)
HEADS = frozenset(_HEADS.split())
# Those that may begin a longer phrase after all: "language models", "image segmentation".
_OPENERS = (
    "agent code control data detection error estimation function generation group image "
    "information input knowledge language learning model network optimization policy process "
    "program question representation sample science service software space structure system "
    "task test text training user video world state time zero first single real low high "
    "large multiple"
)
OPENERS = frozenset(_OPENERS.split())
# Tags that say what to do with a work, or where it came from, not what it is about.
_JUNK_TAGS = (
    "to read|toread|to-read|read|unread|reading|read later|must read|done|todo|to do|"
    "important|favorite|favourite|favorites|favourites|starred|star|new|misc|miscellaneous|"
    "other|unfiled|inbox|imported|untagged|no tag|pdf|notion|skimmed|cite|cited|to cite|"
    "interesting|mine|my papers|thesis|phd|paper|papers|article|articles|review|survey|"
    "reference|references|research|background|related work|chapter|summary|notes|annotated|"
    "print|printed|index terms|keywords|humans|human|male|female|adult|animals|general|"
    "duplicate|your keywords|subscriptions|feeds|blogs|news"
)
JUNK_TAGS = frozenset(_JUNK_TAGS.split("|"))

"""What is true of this company by design: the sizes of effects an analyst should find, and of one he should not."""

STARTER_EFFECT = 1.6  # a first basket with the starter kit multiplies the purchase rate, for EFFECT_DAYS
STARTER_SHARE = 0.06  # of first baskets, whoever the buyer is
DECOY_EFFECT = 1.0  # the teaset does nothing; frequent buyers begin with it
DECOY_SHARE = 0.12  # of first baskets of the most frequent buyers; in proportion to the rate below
BAND = (8_000, 15_000)  # fen: a first item in this price band multiplies the rate too
BAND_EFFECT = 1.3
EFFECT_DAYS = 180

CADENCE = {7: 0.05, 14: 0.60, 28: 0.15}  # added to the rate for CONTACT_DAYS, by days after the first purchase
CADENCE_SHARE = 0.25  # of first buyers in each arm; what remains gets nothing
CONTACT_DAYS = 7  # how long a message works
CONTACT_EFFECT = (0.60, 0.50)  # mean and standard deviation over people of what a fitting message adds to the rate
HARM_EFFECT = -0.50  # what a message adds for well-to-do empty nesters
HARM_PRICE = 0.55  # well-to-do: price position above this
FATIGUE = 0.65  # each further message within FATIGUE_DAYS keeps this share of the effect
FATIGUE_DAYS = 14
OFFER_EFFECT = 0.9  # added per unit of discount and of price sensitivity
FIT = (0.5, 1.6)  # the effect is multiplied by a number in this range, by how the content fits the taste

"""What the lists of a day or a week come to."""

from datetime import date

from digest.model.listings import Place, Standing, standings_of_day, standings_of_days

MONDAY, TUESDAY, FRIDAY = date(2026, 3, 16), date(2026, 3, 17), date(2026, 3, 20)


def test_a_day_is_in_the_order_of_its_list() -> None:
    places = [Place(7, 1, MONDAY, 2), Place(9, 1, MONDAY, 1), Place(8, 1, MONDAY, 3)]
    assert [each.paper_id for each in standings_of_day(places)] == [9, 7, 8]
    assert [each.position for each in standings_of_day(places)] == [1, 2, 3]


def test_a_paper_of_two_lists_of_one_day_stands_where_it_stood_first() -> None:
    places = [Place(7, 1, MONDAY, 2), Place(7, 2, MONDAY, 1), Place(8, 2, MONDAY, 2)]
    assert standings_of_day(places) == [Standing(7, 2, 1), Standing(8, 2, 1)]


def test_a_week_has_the_best_place_first_and_then_what_stayed() -> None:
    places = [
        Place(1, 1, MONDAY, 1),
        Place(2, 1, MONDAY, 3),
        Place(3, 2, TUESDAY, 1),
        Place(1, 2, TUESDAY, 5),
        Place(3, 3, FRIDAY, 9),
        Place(3, 4, FRIDAY, 9),
        Place(3, 5, date(2026, 3, 21), 2),
    ]
    assert standings_of_days(places) == [Standing(3, 1, 3), Standing(1, 1, 2), Standing(2, 3, 1)]
    assert standings_of_days([]) == []

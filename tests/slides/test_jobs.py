"""The job row: claimed once, progress and heartbeat, cancel, loss of a worker."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from slides import jobs
from slides.models import Slide

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> Slide:
    return Slide.objects.create(name="one", patient="one", original_name="one.tif")


def same(job: Slide) -> Slide:
    """The same row as another process sees it."""
    return Slide.objects.get(pk=job.pk)


def test_a_job_is_claimed_once(job):
    other = same(job)
    assert job.claim() and not other.claim()
    assert other.status == Slide.Status.RUNNING and other.attempt == 1


def test_a_block_that_ends_is_recorded_as_done(job):
    job.claim()
    with job.recorded():
        job.report(3, 3)
    assert (same(job).status, same(job).done_count) == ("done", 3)


def test_a_failure_keeps_its_reason_and_words(job):
    job.claim()
    with job.recorded():
        raise jobs.Reason("No tissue was found.", code="no_tissue")
    assert (same(job).status, same(job).reason) == ("failed", "no_tissue")
    assert same(job).error == "No tissue was found."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (OSError(28, "No space left on device"), "disk_or_file"),
        (ValueError("odd"), "bad_input"),
        (KeyError("x"), "unexpected"),
    ],
)
def test_every_fault_has_a_typed_reason(job, error, code):
    job.claim()
    with job.recorded():
        raise error
    assert same(job).reason == code


def test_cancel_stops_a_running_job_at_its_next_report(job):
    job.claim()
    same(job).request_cancel()
    with job.recorded():
        job.report(1, 10)
        pytest.fail("the job went on")
    assert same(job).status == "cancelled" and not same(job).cancel_requested


def test_cancel_ends_a_queued_job_at_once(job):
    job.request_cancel()
    assert same(job).status == "cancelled" and not job.claim()


def test_reports_are_written_at_most_once_a_second(job, django_assert_num_queries):
    job.claim()
    job.report(1, 100)
    with django_assert_num_queries(0):
        job.report(2, 100)


def test_the_sweep_queues_what_a_dead_worker_left(job, settings):
    job.claim()
    Slide.objects.update(heartbeat_at=now() - timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert jobs.recover(Slide) == [job.pk]
    assert same(job).status == "queued"


def test_the_sweep_leaves_a_living_job_alone(job):
    job.claim()
    assert jobs.recover(Slide) == [] and same(job).status == "running"


def test_an_attempt_that_lost_the_row_writes_nothing(job, settings):
    job.claim()
    Slide.objects.update(heartbeat_at=now() - timedelta(seconds=settings.LEASE_SECONDS + 1))
    jobs.recover(Slide)
    second = same(job)
    second.claim()
    with job.recorded():
        job.report(5, 10)
        pytest.fail("the first attempt went on")
    assert same(job).status == "running" and same(job).attempt == 2


def test_a_job_that_kills_every_worker_fails_for_good(job, settings):
    for _ in range(jobs.MAX_LOSSES):
        assert same(job).claim()
        Slide.objects.update(heartbeat_at=now() - timedelta(seconds=settings.LEASE_SECONDS + 1))
        jobs.recover(Slide)
    assert (same(job).status, same(job).reason) == ("failed", "worker_lost")


def test_a_queued_job_whose_message_was_lost_is_listed(job, settings):
    assert jobs.recover(Slide) == []
    Slide.objects.update(queued_at=now() - timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert jobs.recover(Slide) == [job.pk]


def test_jobs_that_wait_their_turn_are_not_told_of_at_every_sweep(job, settings):
    Slide.objects.update(queued_at=now() - timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert [jobs.recover(Slide) for _ in range(3)] == [[job.pk], [], []]
    job.request_cancel()
    same(job).requeue()
    Slide.objects.update(queued_at=now() - timedelta(seconds=settings.LEASE_SECONDS + 2))
    assert jobs.recover(Slide) == [job.pk]


def test_time_left_follows_the_rate(job):
    job.claim()
    job.done_count, job.total_count, job.rate = 25, 100, 5.0
    assert (job.percent_done, job.seconds_left) == (25, 15)


def test_an_ended_job_can_be_queued_again(job):
    job.request_cancel()
    assert job.requeue() and job.claim()

"use strict";
/*
 * Choosing on the time line: a drag with the mouse or the arrow keys choose a range of time (drawn by
 * html_timeline.js), a click on a name or Enter a thread. Also what is said about the time that
 * the mouse points at.
 */

class Brush {
	constructor(timeline) {
		this.timeline = timeline;
		this.data = timeline.data;
		this.owner = timeline.owner;
		this.root = timeline.root;
		this.lanes = timeline.lanes;
		this.list = timeline.list;
		this.range = null; /* while it is dragged: { from, to }, in buckets */
		this.listen();
	}

	bucketAt(clientX) {
		const { buckets } = this.data.times;
		const x = clientX - this.lanes.getBoundingClientRect().left - LABEL;
		return Math.max(
			0,
			Math.min(buckets, Math.round((x / this.timeline.width) * buckets))
		);
	}

	listen() {
		this.root.addEventListener("pointerdown", (event) => {
			const isCanvas = event.target.tagName === "CANVAS" && this.data.hasTimes;
			if (!isCanvas || event.button !== 0) return;
			this.dragFrom = this.bucketAt(event.clientX);
			this.root.setPointerCapture(event.pointerId);
		});
		this.root.addEventListener("pointermove", (event) => {
			this.drag(event.clientX);
			this.showTip(event);
		});
		this.root.addEventListener("pointerleave", () => this.owner.tip.hide());
		this.root.addEventListener("pointerup", (event) => this.drop(event.clientX));
		this.root.addEventListener("pointercancel", () => {
			this.dragFrom = undefined;
			this.range = null;
		});
		this.lanes.addEventListener("click", (event) => {
			const index = event.target.closest("button")
				? this.list.indexOf(event.target)
				: -1;
			if (index >= 0)
				this.chooseThread(
					this.timeline.order[index],
					event.ctrlKey || event.metaKey || event.shiftKey
				);
		});
		this.lanes.addEventListener("keydown", (event) => this.onKey(event));
	}

	/* The chosen time while it is dragged, else what is pointed at. */
	showTip(event) {
		const index = this.list.indexOf(event.target),
			{ tip } = this.owner;
		if (this.range)
			tip.show(
				{
					name: this.timeline.timeName(
						this.range.from,
						this.range.to
					),
					where: formatDuration(
						this.timeline.timeOf(this.range.to) -
							this.timeline.timeOf(this.range.from)
					),
					numbers: ""
				},
				event.clientX,
				event.clientY
			);
		else if (index >= 0 && event.target.tagName === "CANVAS" && this.data.hasTimes)
			tip.show(
				this.timeline.describe(
					this.timeline.order[index],
					this.bucketAt(event.clientX)
				),
				event.clientX,
				event.clientY
			);
		else tip.hide();
	}

	drag(clientX) {
		if (this.dragFrom === undefined) return;
		const at = this.bucketAt(clientX);
		this.range = { from: Math.min(this.dragFrom, at), to: Math.max(this.dragFrom, at) };
		if (!this.frame)
			this.frame = requestAnimationFrame(() => {
				this.frame = 0;
				this.list.show();
			});
	}

	drop(clientX) {
		if (this.dragFrom === undefined) return;
		const at = this.bucketAt(clientX),
			start = this.dragFrom;
		this.dragFrom = undefined;
		if (Math.abs(this.timeline.xOf(at) - this.timeline.xOf(start)) < 3)
			this.timeline.select(0, Infinity);
		else this.timeline.select(Math.min(start, at), Math.max(start, at));
	}

	chooseThread(thread, isMore) {
		const { threads } = this.owner.state,
			chosen = new Set(isMore && threads ? threads : []);
		if (isMore && threads && threads.has(thread)) chosen.delete(thread);
		else if (!(threads && threads.size === 1 && threads.has(thread)) || isMore)
			chosen.add(thread);
		this.owner.set({ threads: thread < 0 || !chosen.size ? null : chosen, zoom: null });
	}

	/* Arrows shift the range, with Shift they move its end; Up and Down go through the threads. */
	onKey(event) {
		const { buckets } = this.data.times,
			{ state } = this.owner;
		const left = event.key === "ArrowLeft",
			right = event.key === "ArrowRight";
		if (event.key === "ArrowUp" || event.key === "ArrowDown")
			this.focusLane(event.target, event.key === "ArrowUp" ? -1 : 1);
		else if (event.key === "Escape" && this.data.hasTimes && state.to !== Infinity)
			this.timeline.select(0, Infinity);
		else if (this.data.hasTimes && (left || right))
			this.shiftBrush(
				event.shiftKey,
				(right ? 1 : -1) * Math.max(1, Math.round(buckets / 50))
			);
		else return;
		event.preventDefault();
		event.stopPropagation();
	}

	shiftBrush(isEnd, by) {
		const { buckets } = this.data.times,
			{ from, to } = this.owner.state;
		if (to === Infinity)
			return by > 0
				? this.timeline.select(0, by)
				: this.timeline.select(buckets + by, buckets);
		const span = to - from;
		if (isEnd)
			return this.timeline.select(
				from,
				Math.max(from + 1, Math.min(buckets, to + by))
			);
		const start = Math.max(0, Math.min(buckets - span, from + by));
		return this.timeline.select(start, start + span);
	}

	focusLane(target, by) {
		const index = this.list.indexOf(target) + by;
		if (index < 0 || index >= this.timeline.order.length) return;
		this.list.reveal(index);
		const row = this.list.rows.find(
			(candidate) => !candidate.hidden && candidate.listIndex === index
		);
		if (row) row.firstChild.focus({ preventScroll: true });
	}
}

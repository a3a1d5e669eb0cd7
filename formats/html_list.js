"use strict";
/*
 * A list of any length of which only the rows in sight are elements. The owner makes a row's
 * element once (make) and fills it for an index (fill); elements are used again while scrolling.
 */
class List {
	constructor(scroller, rowHeight, make, fill) {
		this.scroller = scroller;
		this.rowHeight = rowHeight;
		this.make = make;
		this.fill = fill;
		this.n = 0;
		this.rows = [];
		this.spacer = document.createElement("div");
		this.spacer.className = "spacer";
		scroller.appendChild(this.spacer);
		scroller.addEventListener("scroll", () => this.show(), { passive: true });
		new ResizeObserver(() => this.show()).observe(scroller);
	}

	setLength(n) {
		this.n = n;
		this.spacer.style.height = n * this.rowHeight + "px";
		this.show();
	}

	show() {
		const { scrollTop, clientHeight } = this.scroller;
		const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - 1);
		const end = Math.min(
			this.n,
			Math.ceil((scrollTop + clientHeight) / this.rowHeight) + 1
		);
		while (this.rows.length < end - first) {
			const row = this.make();
			this.spacer.appendChild(row);
			this.rows.push(row);
		}
		this.rows.forEach((row, i) => {
			const index = first + i;
			row.hidden = index >= end;
			if (row.hidden) return;
			row.style.top = index * this.rowHeight + "px";
			row.listIndex = index;
			this.fill(row, index);
		});
	}

	reveal(index) {
		const top = index * this.rowHeight,
			{ scrollTop, clientHeight } = this.scroller;
		if (top < scrollTop) this.scroller.scrollTop = top;
		else if (top + this.rowHeight > scrollTop + clientHeight)
			this.scroller.scrollTop = top + this.rowHeight - clientHeight;
		this.show();
	}

	/* The index of the row that holds the element, or -1. */
	indexOf(element) {
		const row = this.rows.find((candidate) => candidate.contains(element));
		return row && !row.hidden ? row.listIndex : -1;
	}
}

import type { Frame } from 'playwright-core';

/** A text that is hard to read. */
export interface PoorContrast {
	readonly text: string;
	readonly ratio: number;
}

/**
 * Finds texts whose contrast with what is behind them is less than wanted.
 *
 * @param scope selector of the part to look at
 * @see https://www.w3.org/TR/WCAG22/#contrast-minimum
 */
export async function findPoorContrast(
	frame: Frame,
	scope: string,
	wanted = 4.5,
): Promise<{ readonly checked: number; readonly poor: readonly PoorContrast[] }> {
	return await frame.locator(scope).evaluate((root, least) => {
		type Colour = readonly [number, number, number, number];
		const parse = (text: string): Colour => {
			const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
			return [red, green, blue, alpha];
		};
		const luminance = ([red, green, blue]: Colour) => {
			const [r = 0, g = 0, b = 0] = [red, green, blue]
				.map((value) => value / 255)
				.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const groundOf = (element: Element | null): Colour => {
			for (let at = element; at !== null; at = at.parentElement) {
				const colour = parse(getComputedStyle(at).backgroundColor);
				if (colour[3] === 1) return colour;
			}
			return [255, 255, 255, 1];
		};
		const poor: { text: string; ratio: number }[] = [];
		let checked = 0;
		const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
		for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
			const text = node.textContent?.trim() ?? '';
			const element = node.parentElement;
			if (text === '' || element === null || !element.checkVisibility()) continue;
			checked += 1;
			const [first, second] = [
				luminance(parse(getComputedStyle(element).color)),
				luminance(groundOf(element)),
			];
			const ratio = (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
			if (ratio < least) poor.push({ text, ratio });
		}
		return { checked, poor };
	}, wanted);
}

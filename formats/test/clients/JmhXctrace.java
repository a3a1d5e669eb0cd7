/*
 * What JMH's parsers of xctrace exports make of one: java JmhXctrace TABLE.xml [TOC.xml]
 *
 *	toc <schema> <event> <threshold> <start in ms>	for each table that the contents name
 *	total <samples> <weight>
 *	<samples> TAB <weight> TAB <symbol of the leaf>	sorted by symbol
 *
 * The parsers (XCTraceTableProfileHandler and its neighbours in org.openjdk.jmh.profile) came after
 * JMH 1.37, so they must be compiled from JMH's sources. They are private to their package, which
 * is why this class is in it.
 */
package org.openjdk.jmh.profile;

import java.io.File;
import java.io.PrintStream;
import java.util.TreeMap;

public final class JmhXctrace {
	private static XCTraceTableHandler.ProfilingTableType typeOf(File table) throws Exception {
		String start = new String(
			new java.io.FileInputStream(table).readNBytes(4096), "UTF-8");
		for (XCTraceTableHandler.ProfilingTableType type :
			XCTraceTableHandler.ProfilingTableType.values())
			if (start.contains("<schema name=\"" + type.tableName + "\""))
				return type;
		throw new IllegalArgumentException("no schema");
	}

	public static void main(String[] arguments) throws Exception {
		PrintStream out = new PrintStream(System.out, false, "UTF-8");
		if (arguments.length > 1) {
			XCTraceTableOfContentsHandler contents = new XCTraceTableOfContentsHandler();
			contents.parse(new File(arguments[1]));
			for (XCTraceTableHandler.XCTraceTableDesc table : contents.getSupportedTables())
				out.println("toc " + table.getTableType().tableName + " "
					+ table.triggerEvent() + " " + table.triggerThreshold() + " "
					+ contents.getRecordStartMs());
		}
		File file = new File(arguments[0]);
		TreeMap<String, long[]> sums = new TreeMap<>();
		long[] total = new long[2];
		new XCTraceTableProfileHandler(typeOf(file), sample -> {
			long[] sum = sums.computeIfAbsent(sample.getSymbol(), s -> new long[2]);
			sum[0]++;
			sum[1] += sample.getWeight();
			total[0]++;
			total[1] += sample.getWeight();
		}).parse(file);
		out.println("total " + total[0] + " " + total[1]);
		sums.forEach((symbol, sum) -> out.println(sum[0] + "\t" + sum[1] + "\t" + symbol));
		out.flush();
	}
}
